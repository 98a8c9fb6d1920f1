using Dapr.Actors.Runtime;
using Dapr.Client;
using Ncn.Actors;

namespace Ncn.Validator.Hosting;

/// <summary>
/// The validator's memory outside its own disk, and its alarm clock. A reminder, which outlives the process, comes every few seconds: it writes down what
/// is final in one transaction and tells the topic <c>consensus</c>. When the store knows of more uses of the key than the guard does, the guard is an older copy.
/// </summary>
[Actor(TypeName = ActorTypes.Validator)]
internal sealed class ValidatorActor(ActorHost host, ValidatorHost validator, DaprClient dapr, ILogger<ValidatorActor> log) : Actor(host), IValidatorActor, IRemindable
{
    internal const string Reminder = "look";
    internal const string FinalKey = "final";
    private const string PubSub = "pubsub";
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    public async Task WakeAsync()
    {
        await RegisterReminderAsync(Reminder, null, TimeSpan.FromSeconds(1), Period);
        await LookAsync();
    }

    public async Task<FinalisedLedger?> GetAsync()
    {
        var known = await StateManager.TryGetStateAsync<FinalisedLedger>(FinalKey);
        return known.HasValue ? known.Value : null;
    }

    public Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period) => LookAsync();

    private async Task LookAsync()
    {
        var (before, now) = (await GetAsync(), validator.Final());
        if (now is null)
        {
            return;
        }

        if (before is not null && before.Validator == now.Validator && before.Incarnation > now.Incarnation)
        {
            validator.Refuse($"The key {now.Validator} was taken into use {before.Incarnation} times and its signing guard knows of {now.Incarnation}: the guard is an older copy, such as a restored backup. Retire the key and name a new one on the chain; it votes from the next snapshot on.");
            return;
        }

        if (before == now)
        {
            return;
        }

        await StateManager.SetStateAsync(FinalKey, now);
        await SaveStateAsync();
        await TellAsync(now);
    }

    // A hint for observers: who missed it reads the ledger.
    private async Task TellAsync(FinalisedLedger now)
    {
        try
        {
            await dapr.PublishEventAsync(PubSub, ConsensusTopic.Name, now);
        }
        catch (Dapr.DaprException refused)
        {
            log.LogWarning("The topic {Topic} was not told of height {Height}: {Reason}", ConsensusTopic.Name, now.Height, refused.Message);
        }
    }
}
