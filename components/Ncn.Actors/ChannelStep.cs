using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Actors;

/// <summary>One step of a batch on a channel: exactly one member is set.</summary>
public sealed record ChannelStep
{
    public ReserveCall? Reserve { get; init; }

    public AuthorizeCall? Authorize { get; init; }

    public RaiseCall? Raise { get; init; }

    public AssignCall? Assign { get; init; }

    public ChargeCall? Charge { get; init; }

    public ReleaseCall? Release { get; init; }

    /// <summary>The key of the request whose deposit has ended.</summary>
    public string? EndTurn { get; init; }

    /// <summary>The voucher that the step rests on; null when it needs none.</summary>
    public SignedVoucher? Voucher => Reserve?.Voucher ?? Raise?.Voucher;

    /// <summary>The channel that the step names; null when it names none.</summary>
    public ChannelConfig? Config => Voucher?.Config ?? Authorize?.Config;

    /// <summary>The ledger's input.</summary>
    /// <param name="now">Unix milliseconds.</param>
    public ChannelInput ToInput(ulong now) => this switch
    {
        { Reserve: { } call } => new ChannelInput.Reserve(now, call.Key, call.Voucher, call.Amount, call.Funds, call.ExpiresAt)
        {
            IsStrict = call.IsStrict,
            HoldsTurnUntil = call.HoldsTurnUntil,
            Fingerprint = call.Fingerprint,
            Holder = call.Holder,
            Models = call.Models,
        },
        { Authorize: { } call } => new ChannelInput.Authorize(now, call.Key, call.Config, call.Amount, call.Funds, call.ExpiresAt) { Holder = call.Holder },
        { Raise: { } call } => new ChannelInput.Raise(now, call.Key, call.Voucher, call.Amount, call.Funds, call.ExpiresAt),
        { Assign: { } call } => new ChannelInput.Assign(now, call.Key, call.Holder, call.ExpiresAt),
        { Charge: { } call } => new ChannelInput.Charge(now, call.Key, call.Amount),
        { Release: { } call } => new ChannelInput.Release(now, call.Key)
        {
            Holder = call.Holder,
            LeftBehind = call.LeftBehind,
            Until = call.Until,
            IsWaiting = call.IsWaiting,
        },
        { EndTurn: { } key } => new ChannelInput.EndTurn(now, key),
        _ => throw new InvalidOperationException("A step of a channel says nothing."),
    };
}

/// <summary>A request that runs is to be allowed more.</summary>
/// <param name="Amount">In all, not beyond what it had.</param>
/// <param name="ExpiresAt">Unix milliseconds.</param>
public sealed record RaiseCall(string Key, SignedVoucher Voucher, TokenAmount Amount, ChannelFunds Funds, ulong ExpiresAt);

/// <summary>A request that runs goes to another process; with null it waits in a queue.</summary>
/// <param name="ExpiresAt">Unix milliseconds; its reservation lasts until then, or longer.</param>
public sealed record AssignCall(string Key, Holder? Holder, ulong ExpiresAt);

/// <param name="Holder">Only if this process holds it; null: whoever does.</param>
/// <param name="LeftBehind">Only if an earlier life of this process holds it.</param>
public sealed record ReleaseCall(string Key, Holder? Holder = null, Holder? LeftBehind = null)
{
    /// <summary>Unix milliseconds. Only a reservation that expires by then: a release that comes late is not for what was made or taken over since.</summary>
    public ulong? Until { get; init; }

    /// <summary>Only one that waits in a queue: what a process holds is that process's to end.</summary>
    public bool IsWaiting { get; init; }
}
