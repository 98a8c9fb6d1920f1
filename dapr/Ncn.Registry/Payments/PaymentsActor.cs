using Dapr.Actors.Runtime;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Registry.Hosting;
using Ncn.Registry.Storage;

namespace Ncn.Registry.Payments;

/// <summary>Holds <see cref="OpenPayments"/> of one operator, each payment in a state entry of its own beside the list of their ids.</summary>
[Actor(TypeName = ActorTypes.Payments)]
internal sealed class PaymentsActor(ActorHost host, TimeProvider time) : StoredActor<OpenPayments>(host, Schema), IPaymentsActor
{
    private const string IdsKey = "ids";
    private static readonly StateSchema Schema = new(ActorTypes.Payments);

    public async Task<OpenPayment?> FindAsync(Hash32 id) => (await LoadAsync()).All.GetValueOrDefault(id);

    public async Task<OpenPayment[]> ListAsync() =>
        [.. (await LoadAsync()).All.Values.Where(static payment => payment.Phase != OpenPaymentPhase.Returned)];

    public Task<OpenPaymentResult> OpenAsync(OpenPaymentCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return TurnAsync(new OpenPaymentInput.Open(time.NowMilliseconds(), call.Payload, call.Request));
    }

    public Task CloseAsync(Hash32 id) => TurnAsync(new OpenPaymentInput.Close(time.NowMilliseconds(), id));

    public Task<OpenPaymentResult> OweAsync(Hash32 id) => TurnAsync(new OpenPaymentInput.Owe(time.NowMilliseconds(), id));

    public Task<OpenPaymentResult> ReturnAsync(ReturnCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return TurnAsync(new OpenPaymentInput.Return(time.NowMilliseconds(), call.Id, call.Transaction));
    }

    protected override async Task<OpenPayments> ReadAsync()
    {
        var ids = await StateManager.TryGetStateAsync<Hash32[]>(IdsKey);
        var all = OpenPayments.Empty.All.ToBuilder();
        foreach (var id in ids.HasValue ? ids.Value : [])
        {
            all[id] = await StateManager.GetStateAsync<OpenPayment>(KeyOf(id));
        }

        return new OpenPayments(all.ToImmutable());
    }

    private static string KeyOf(Hash32 id) => $"payment-{id}";

    private async Task<OpenPaymentResult> TurnAsync(OpenPaymentInput input)
    {
        var before = await LoadAsync();
        var (after, outcome, payment) = OpenPayments.Apply(before, input);
        await StageAsync(before, after);
        await CommitAsync(after);
        return new OpenPaymentResult(outcome, payment);
    }

    private async Task StageAsync(OpenPayments before, OpenPayments after)
    {
        foreach (var id in before.All.Keys.Where(id => !after.All.ContainsKey(id)))
        {
            await StateManager.RemoveStateAsync(KeyOf(id));
        }

        foreach (var (id, payment) in after.All.Where(entry => !before.All.TryGetValue(entry.Key, out var old) || old != entry.Value))
        {
            await StateManager.SetStateAsync(KeyOf(id), payment);
        }

        if (before.All.Count != after.All.Count || before.All.Keys.Any(id => !after.All.ContainsKey(id)))
        {
            await StateManager.SetStateAsync(IdsKey, after.All.Keys.ToArray());
        }
    }
}
