using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Consensus;
using Ncn.Consensus.Http;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Validator.Engine;
using Ncn.Validator.Tests.Support;

namespace Ncn.Validator.Tests.Engine;

/// <summary>The state of the verification is taken over only when more than a third of the stake says that it is this one.</summary>
public sealed class KeptFetchingTests : IDisposable
{
    private static readonly Hash32 Block = Sample.Word(1);
    private static readonly (Hash32 Digest, byte[] Content) True = (Sample.Word(2), [.. Enumerable.Range(0, WireLimits.SnapshotPartBytes + 5).Select(static i => (byte)(i % 251))]);
    private static readonly Hash32 False = Sample.Word(3);

    private readonly EpochSettings _epoch = new EngineSettings(Sample.Salt, Sample.Domains, ConsensusLimits.Default, 100).FirstEpoch(TestCluster.SetOf(1, 2, 3, 4));
    private readonly EngineInbox _inbox = new();
    private readonly Told _link = new();
    private readonly Held _kept = new();
    private readonly StoppedTime _time = new();
    private readonly KeptFetching _fetching;

    public KeptFetchingTests() => _fetching = new KeptFetching(_link, _kept, _inbox, _time, NullLogger.Instance);

    public void Dispose() => _inbox.Close();

    [Fact]
    public async Task Two_of_four_who_say_the_same_are_believed_and_a_third_with_another_digest_is_not()
    {
        _fetching.Look(_epoch);
        Assert.Equal([1, 2, 3, 4], _link.Asked<Question.OfKept>());

        Say(1, False);
        Say(2, True.Digest);
        Assert.Empty(_link.Asked<Question.OfKeptPart>());
        Say(3, True.Digest);
        var source = Assert.Single(_link.Asked<Question.OfKeptPart>());
        Assert.NotEqual(1, source);
        await GiveAsync(source);
        Assert.True(_kept.IsTaken);
    }

    [Fact]
    public void One_who_says_it_twice_and_one_who_is_no_member_count_for_nothing()
    {
        _fetching.Look(_epoch);
        Say(1, False);
        Say(1, False);
        Say(9, False);
        Assert.Empty(_link.Asked<Question.OfKeptPart>());
    }

    [Fact]
    public async Task Who_gives_something_else_than_it_said_is_followed_by_another()
    {
        _fetching.Look(_epoch);
        Say(1, True.Digest);
        Say(2, True.Digest);
        var liar = Assert.Single(_link.Asked<Question.OfKeptPart>());
        await GiveAsync(liar, isTrue: false);
        Assert.False(_kept.IsTaken);

        _fetching.Look(_epoch);
        Say(1, True.Digest);
        Say(2, True.Digest);
        var next = Assert.Single(_link.Asked<Question.OfKeptPart>());
        Assert.NotEqual(liar, next);
        await GiveAsync(next);
        Assert.True(_kept.IsTaken);
    }

    [Fact]
    public async Task Who_is_asked_for_what_several_said_cannot_say_something_else_afterwards()
    {
        _fetching.Look(_epoch);
        Say(1, True.Digest);
        Say(2, True.Digest);
        var source = Assert.Single(_link.Asked<Question.OfKeptPart>());
        Say(source, False);
        await GiveAsync(source);
        Assert.Equal([True.Digest], _kept.Checked);
        Assert.True(_kept.IsTaken);
    }

    [Fact]
    public void What_does_not_come_is_asked_for_again_and_for_another_block_at_once()
    {
        _fetching.Look(_epoch);
        Assert.Equal(4, _link.Asked<Question.OfKept>().Count);
        _fetching.Look(_epoch);
        Assert.Empty(_link.Asked<Question.OfKept>());
        _time.Go(TimeSpan.FromSeconds(3));
        _fetching.Look(_epoch);
        Assert.Equal(4, _link.Asked<Question.OfKept>().Count);

        _kept.Lacks = Sample.Word(7);
        _fetching.Look(_epoch);
        Assert.Equal(4, _link.Asked<Question.OfKept>().Count);
        Say(1, True.Digest); // of the block before
        Say(2, True.Digest);
        Assert.Empty(_link.Asked<Question.OfKeptPart>());
    }

    private void Say(int who, Hash32 digest) => _fetching.Answered(Key(who), new Answer.OfKept(Block, digest, 2, default), _epoch);

    private async Task GiveAsync(int from, bool isTrue = true)
    {
        byte[] content = isTrue ? True.Content : [.. True.Content.Reverse()];
        _fetching.Answered(Key(from), new Answer.OfKeptPart(Block, 1, new HexBytes(content)), _epoch); // out of turn
        _fetching.Answered(Key(from), new Answer.OfKeptPart(Block, 0, new HexBytes(content.AsSpan(0, WireLimits.SnapshotPartBytes))), _epoch);
        Assert.Equal([from], _link.Asked<Question.OfKeptPart>());
        _fetching.Answered(Key(from), new Answer.OfKeptPart(Block, 1, new HexBytes(content.AsSpan(WireLimits.SnapshotPartBytes))), _epoch);
        var work = await Task.Run(() => _inbox.Take([], TimeSpan.FromSeconds(30)));
        Assert.Single(work)();
    }

    private static Address Key(int number) => Sample.Signer((ulong)number).Address;

    private sealed class Held : IKeptState
    {
        public Hash32? Lacks { get; set; } = Block;

        internal bool IsTaken { get; private set; }

        public Func<(Hash32 Digest, byte[] Content)>? After(Hash32 block) => null;

        internal List<Hash32> Checked { get; } = [];

        public Action? Check(Hash32 block, Hash32 digest, byte[] content)
        {
            Checked.Add(digest);
            return block == Block && digest == True.Digest && content.AsSpan().SequenceEqual(True.Content) ? () => IsTaken = true : null;
        }
    }

    private sealed class Told : IValidatorLink
    {
        private readonly List<(Address To, Question Question)> _asked = [];

        public ImmutableArray<Address> Connected => [.. Enumerable.Range(1, 4).Select(Key)];

        public void Send(Address to, WireMessage message) => _asked.Add((to, Assert.IsType<WireMessage.Asked>(message).Question));

        public void SendAll(WireMessage message) => Assert.Fail("nothing is for everybody");

        public void Flush()
        {
        }

        /// <summary>Who was asked since the last look.</summary>
        internal List<int> Asked<T>()
            where T : Question
        {
            var who = _asked.Where(static asked => asked.Question is T).Select(static asked => Enumerable.Range(1, 4).Single(number => Key(number) == asked.To)).ToList();
            _asked.RemoveAll(static asked => asked.Question is T);
            return who;
        }
    }
}
