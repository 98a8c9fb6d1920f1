using Dapr.Actors.Runtime;
using Ncn.Actors;
using Ncn.Chain;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Registry.Hosting;
using Ncn.Registry.Storage;

namespace Ncn.Registry.Channels;

/// <summary>Holds <see cref="ChannelState"/> of one channel; every call is one durable step of <see cref="ChannelLedger"/>.</summary>
/// <remarks>Expired reservations are released by the next step on the channel: until then nobody can tell the difference, so no reminder is kept.</remarks>
[Actor(TypeName = ActorTypes.Channel)]
internal sealed class ChannelActor(ActorHost host, TimeProvider time, ChainSettings chain)
    : StoredActor<ChannelState>(host, Schema), IChannelActor, IRemindable
{
    // What a gateway gathers in a moment; a caller that sends more is out of order.
    private const int MaxSteps = 1024;

    private static readonly StateSchema Schema = new(ActorTypes.Channel, ChannelStore.PagesOfBucketsAsync) { Root = ChannelStore.LedgerKey };
    private readonly ChannelId _channel = ChannelId.Parse(host.Id.GetId());

    public async Task<ChannelResult[]> ApplyAsync(ChannelStep[] steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(steps.Length, MaxSteps);
        var before = await LoadAsync();
        var now = time.NowMilliseconds();
        var state = before;
        var results = new ChannelResult[steps.Length];
        SubnetId? firstUsedIn = null;
        for (var i = 0; i < steps.Length; i++)
        {
            if (RefusalOf(steps[i]) is { } refusal)
            {
                results[i] = ChannelLedger.Apply(state, new ChannelInput.Expire(0)).Result with { Outcome = refusal };
                continue;
            }

            var isUsed = state.Config is not null;
            (state, results[i]) = ChannelLedger.Apply(state, steps[i].ToInput(now));
            firstUsedIn ??= !isUsed && state.Config is not null ? steps[i].Reserve?.Subnet : null;
        }

        await (firstUsedIn is { } subnet ? OweRegistrationAsync(subnet) : Task.CompletedTask);
        await SaveAsync(before, state);
        return results;
    }

    public async Task<string[]> ListLeftAsync(Holder life) => [.. ChannelLedger.LeftBehind(await LoadAsync(), life)];

    public async Task<ChannelResult> ReserveAsync(ReserveCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        RequireAuthentic(call.Voucher);
        return (await ApplyAsync([new ChannelStep { Reserve = call }]))[0];
    }

    public async Task<ChannelResult> AuthorizeAsync(AuthorizeCall call) => (await ApplyAsync([new ChannelStep { Authorize = call }]))[0];

    public Task<ChannelResult> ChargeAsync(ChargeCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return TurnAsync(new ChannelInput.Charge(time.NowMilliseconds(), call.Key, call.Amount));
    }

    public Task<ChannelResult> SplitAsync(SplitCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return TurnAsync(new ChannelInput.Split(time.NowMilliseconds(), call.From, call.Key, call.Amount, call.ExpiresAt) { Models = call.Models });
    }

    public Task<ChannelResult> SetPolicyAsync(PolicyCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return !IsThisChannel(call.Config) || call.Policy.Message.ChannelId != _channel ? WrongChannelAsync()
            : call.Policy.IsSignedBy(call.Config.Payer, chain.NetworkDomain)
                ? TurnAsync(new ChannelInput.SetPolicy(time.NowMilliseconds(), call.Config, call.Policy))
                : throw new ArgumentException($"The policy for channel {_channel} is not signed by the channel's payer {call.Config.Payer}.", nameof(call));
    }

    public async Task<ChannelSpending> ReadSpendingAsync()
    {
        var ledger = await GetAsync();
        var state = await LoadAsync();
        return new ChannelSpending(state.Spending, state.Policy, ledger);
    }

    public Task<ChannelResult> EndTurnAsync(string key) => TurnAsync(new ChannelInput.EndTurn(time.NowMilliseconds(), key));

    public Task<ChannelResult> BeginRefundAsync(RefundCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (!call.Voucher.IsAuthentic(chain.PaymentsDomain))
        {
            throw new ArgumentException($"The voucher for channel {_channel} is not signed by the channel's voucher key; ask the payer for a new one.", nameof(call));
        }

        return IsThisChannel(call.Voucher.Config)
            ? TurnAsync(new ChannelInput.BeginRefund(time.NowMilliseconds(), call.Voucher, call.Amount, call.Funds, call.Nonce))
            : WrongChannelAsync();
    }

    public Task<ChannelResult> EndRefundAsync(ulong nonce) => TurnAsync(new ChannelInput.EndRefund(time.NowMilliseconds(), nonce));

    public Task<ChannelResult> ReleaseAsync(string key) => TurnAsync(new ChannelInput.Release(time.NowMilliseconds(), key) { IsWaiting = true });

    public Task<ChannelResult> RecognizeAsync(TokenAmount totalCharged) => TurnAsync(new ChannelInput.Recognize(time.NowMilliseconds(), totalCharged));

    public Task<ChannelResult> GetAsync() => TurnAsync(new ChannelInput.Expire(time.NowMilliseconds()));

    public async Task<ClaimableVoucher?> GetClaimableAsync()
    {
        var state = await LoadAsync();
        var total = TokenAmount.Min(state.Charged, state.VoucherMax);
        return state is { Config: { } config, VoucherSignature: { } signature } && total > state.Claimed
            ? new ClaimableVoucher(new SignedVoucher(config, state.VoucherMax, signature), total, state.Claimed, state.FirstUnclaimedAt)
            : null;
    }

    public Task<ChannelResult> StateAsync(StateCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call.Voucher is { } voucher)
        {
            RequireAuthentic(voucher);
        }

        return TurnAsync(new ChannelInput.State(time.NowMilliseconds(), call.Voucher, call.RequestedAt));
    }

    public async Task<SignedVoucher?> GetVoucherAsync()
    {
        var state = await LoadAsync();
        return state is { Config: { } config, VoucherSignature: { } signature } ? new SignedVoucher(config, state.VoucherMax, signature) : null;
    }

    public Task<ChannelResult> RecordClaimAsync(TokenAmount totalClaimed) => TurnAsync(new ChannelInput.Claimed(time.NowMilliseconds(), totalClaimed));

    public Task<ChannelResult> ObserveAsync(ObserveCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return TurnAsync(new ChannelInput.Observe(time.NowMilliseconds(), call.Escrow, call.Ours, call.ReorganizedFrom));
    }

    /// <summary>Tells the subnets that are owed a registration, in a turn of its own: nobody waits for it, and one that fails is made again.</summary>
    public async Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period)
    {
        await LoadAsync();
        foreach (var (id, owed) in await Outbox.ReadAsync<Registration>(StateManager))
        {
            await ProxyFactory.CreateActorProxy<ISubnetActor>(ActorTypes.IdOf(owed.Subnet), ActorTypes.Subnet).RegisterChannelAsync(_channel);
            await Outbox.StageRemovalAsync<Registration>(StateManager, id);
        }

        await SaveStateAsync();
        await UnregisterReminderAsync(Outbox.Name);
    }

    protected override Task<ChannelState> ReadAsync() => ChannelStore.LoadAsync(StateManager);

    private void RequireAuthentic(SignedVoucher voucher)
    {
        if (!voucher.IsAuthentic(chain.PaymentsDomain))
        {
            throw new ArgumentException($"The voucher for channel {_channel} is not signed by the channel's voucher key; ask the payer for a new one.", nameof(voucher));
        }
    }

    private ChannelOutcome? RefusalOf(ChannelStep step) =>
        step.Config is { } config && !IsThisChannel(config) ? ChannelOutcome.WrongChannel
        : step.Voucher is { } voucher && !voucher.IsAuthentic(chain.PaymentsDomain) ? ChannelOutcome.NotAuthentic
        : null;

    // In the transaction that first writes the ledger: a channel that its subnet's index lacks costs money.
    private async Task OweRegistrationAsync(SubnetId subnet)
    {
        await Outbox.StageAsync(StateManager, subnet.ToString(), new Registration(subnet));
        await RegisterReminderAsync(Outbox.Name, [], TimeSpan.Zero, Outbox.Period);
    }

    private bool IsThisChannel(ChannelConfig config) => config.Id(chain.PaymentsDomain) == _channel;

    private async Task<ChannelResult> WrongChannelAsync() =>
        ChannelLedger.Apply(await LoadAsync(), new ChannelInput.Expire(0)).Result with { Outcome = ChannelOutcome.WrongChannel };

    private async Task<ChannelResult> TurnAsync(ChannelInput input)
    {
        var state = await LoadAsync();
        var (next, result) = ChannelLedger.Apply(state, input);
        await SaveAsync(state, next);
        return result;
    }

    private async Task SaveAsync(ChannelState before, ChannelState after)
    {
        await ChannelStore.StageAsync(StateManager, before, after);
        await CommitAsync(after);
    }

    /// <summary>The channel belongs into the index of the subnet that it was first used in.</summary>
    internal sealed record Registration(SubnetId Subnet);
}
