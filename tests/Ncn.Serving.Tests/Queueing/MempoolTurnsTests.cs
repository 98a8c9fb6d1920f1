using System.Threading.Channels;
using Dapr.Actors;
using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.Serving.Tests.Queueing;

public class MempoolTurnsTests
{
    private static readonly SubnetId Subnet = new(1);

    [Fact]
    public async Task What_comes_while_a_call_is_under_way_goes_together_with_the_next()
    {
        var pool = new SlowPool();
        var turns = new MempoolTurns(pool);
        var first = AskAsync(turns, 0);
        await pool.CalledAsync();
        Task<MempoolResult>[] rest = [.. Enumerable.Range(1, 300).Select(number => AskAsync(turns, number))];
        pool.Go();
        var results = await Task.WhenAll([first, .. rest]);

        Assert.Equal([1, IMempoolActor.MaxSteps, 300 - IMempoolActor.MaxSteps], pool.Calls);
        Assert.Equal(Enumerable.Range(0, 301).Select(static number => number.ToString()), results.Select(static result => result.Reason));
        Assert.Equal("again", (await turns.AskAsync(Subnet, "chat", 0, new MempoolStep { Cancel = Request(0) })).Reason);
    }

    [Fact]
    public async Task A_call_that_fails_is_told_to_all_who_wait_for_it_and_the_next_is_made_anew()
    {
        var pool = new SlowPool { Fails = true };
        var turns = new MempoolTurns(pool);
        pool.Go();
        await Assert.ThrowsAsync<IOException>(() => AskAsync(turns, 1));
        pool.Fails = false;

        Assert.Equal("2", (await AskAsync(turns, 2)).Reason);
    }

    [Fact]
    public async Task Pools_do_not_wait_for_each_other()
    {
        var pool = new SlowPool();
        var turns = new MempoolTurns(pool);
        Task<MempoolResult>[] asked = [AskAsync(turns, 1), turns.AskAsync(Subnet, "other", 0, Step(2)), turns.AskAsync(Subnet, "chat", 1, Step(3))];
        await pool.CalledAsync();
        await pool.CalledAsync();
        await pool.CalledAsync();
        pool.Go();
        await Task.WhenAll(asked);

        Assert.Equal(3, pool.Ids.Distinct().Count());
    }

    private static Task<MempoolResult> AskAsync(MempoolTurns turns, int number) => turns.AskAsync(Subnet, "chat", 0, Step(number));

    private static MempoolStep Step(int number) => new() { Complete = Request(number) };

    private static RequestId Request(int number)
    {
        var bytes = new byte[32];
        BitConverter.TryWriteBytes(bytes, number);
        return new RequestId(new Hash32(bytes));
    }

    /// <summary>Answers each step with its number, as soon as the test lets it.</summary>
    private sealed class SlowPool : IActorProxyFactory, IMempoolActor
    {
        private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Channel<int> _called = Channel.CreateUnbounded<int>();

        public bool Fails { get; set; }

        public List<int> Calls { get; } = [];

        public List<string> Ids { get; } = [];

        public void Go() => _go.TrySetResult();

        public Task<int> CalledAsync() => _called.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));

        public async Task<MempoolResult[]> ApplyAsync(MempoolStep[] steps)
        {
            _called.Writer.TryWrite(steps.Length);
            await _go.Task;
            lock (Calls)
            {
                Calls.Add(steps.Length);
            }

            return Fails ? throw new IOException("away")
                : [.. steps.Select(static step => new MempoolResult(true, step.Complete is { } request ? BitConverter.ToInt32(request.Value.ToArray()).ToString() : "again"))];
        }

        public Task<int> SetFreeSlotsAsync(uint freeSlots) => throw new NotSupportedException();

        public Task<MempoolView> GetAsync() => throw new NotSupportedException();

        public TActorInterface CreateActorProxy<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
            where TActorInterface : IActor
        {
            lock (Ids)
            {
                Ids.Add(actorId.GetId());
            }

            return (TActorInterface)(object)this;
        }

        public object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null) => throw new NotSupportedException();

        public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null) => throw new NotSupportedException();
    }
}
