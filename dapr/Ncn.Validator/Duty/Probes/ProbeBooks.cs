using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Ncn.Client.Inference;
using Ncn.Protocol;

namespace Ncn.Validator.Duty.Probes;

/// <summary>How far a probe is.</summary>
internal enum ProbeStage
{
    /// <summary>On its way; after a crash it is asked for again under its key, and is paid for once.</summary>
    Sent = 1,

    /// <summary>The answer is here.</summary>
    Answered = 2,

    /// <summary>The ledger has its commitment.</summary>
    Committed = 3,

    /// <summary>The ledger is shown whose it is.</summary>
    Shown = 4,
}

/// <summary>A request of the validator's own.</summary>
/// <param name="Epoch">Whose budget pays.</param>
/// <param name="SentAt">Unix milliseconds.</param>
/// <param name="CommitAt">When it is committed to, unix milliseconds.</param>
/// <param name="Purse">Who pays.</param>
/// <param name="Key">Its Idempotency-Key.</param>
/// <param name="Reserved">What it may cost at most; once it is answered, what it cost.</param>
internal sealed record ProbeRecord(
    Hash32 Salt, ulong Epoch, ulong SentAt, ulong CommitAt, Address Purse, ChatRequest Request, bool IsStreamed, string Key, TokenAmount Reserved)
{
    public ProbeStage Stage { get; init; } = ProbeStage.Sent;

    /// <summary>How often it was sent.</summary>
    public int Attempts { get; init; }

    /// <summary>Who took the money; zero before the answer.</summary>
    public Address Gateway { get; init; }

    /// <summary>Who answered; zero before the answer.</summary>
    public Address Node { get; init; }

    /// <summary>Digest of the receipt; zero before the answer.</summary>
    public Hash32 Receipt { get; init; }

    /// <summary>When the answer came, in periods.</summary>
    public ulong AnsweredIn { get; init; }

    /// <summary>Of a plant: the most that opening it costs. Zero for a canary, also when a plant was ordered and another node has answered.</summary>
    public TokenAmount PlantCost { get; init; }

    /// <summary>The node was told to answer falsely.</summary>
    [JsonIgnore]
    public bool IsPlant => !PlantCost.IsZero;
}

/// <summary>How a probe ended.</summary>
internal enum ProbeEnd
{
    /// <summary>Its receipt was checked, by all or by this validator, and nothing was wrong that had to be shown.</summary>
    Checked = 1,

    /// <summary>It was shown on the ledger.</summary>
    Shown = 2,

    /// <summary>It was never answered, or its receipt never came into a list, or nobody could check it in time.</summary>
    Lost = 3,
}

/// <summary>What this validator has sent, and spent. Immutable; amounts are atomic units.</summary>
/// <param name="Open">Probes that have not ended.</param>
/// <param name="ShownPurses">Keys that the ledger has shown to be a validator's.</param>
/// <param name="Epoch">Of the ledger, in which <paramref name="Spent"/> was.</param>
/// <param name="Spent">What the epoch's probes cost, or may still cost.</param>
/// <param name="SpentInAll">The same of all epochs.</param>
/// <param name="SpentOnPlants">What opening the epoch's plants cost, or may still cost.</param>
internal sealed record ProbeBooks(
    ImmutableArray<ProbeRecord> Open, ImmutableArray<Address> ShownPurses, ulong Epoch, TokenAmount Spent, TokenAmount SpentInAll, ulong Sent, ulong Checked, ulong Shown, ulong Lost, TokenAmount SpentOnPlants)
{
    /// <summary>Most probes that have not ended.</summary>
    internal const int MostOpen = 64;

    internal static ProbeBooks Empty { get; } = new([], [], 0, default, default, 0, 0, 0, 0, default);

    /// <summary>What is left of an epoch's budget.</summary>
    internal TokenAmount LeftIn(ulong epoch, TokenAmount budget) => epoch == Epoch ? TokenAmount.SubtractOrZero(budget, Spent) : budget;

    /// <summary>Whether a plant can be ordered: one at a time, so that what a crash leaves false and not excused is one failed check at most.</summary>
    internal bool Bears(TokenAmount plant, ulong epoch, TokenAmount budget) =>
        Open.All(static probe => !probe.IsPlant) && plant <= (epoch == Epoch ? TokenAmount.SubtractOrZero(budget, SpentOnPlants) : budget);

    /// <summary>With a probe that is about to be sent; null when the budget or the book does not bear it, or it is there.</summary>
    internal ProbeBooks? Begin(ProbeRecord probe, TokenAmount budget) =>
        Open.Length >= MostOpen || probe.Reserved > LeftIn(probe.Epoch, budget) || probe.Epoch < Epoch || Find(probe.Salt) is not null ? null
        : this with
        {
            Open = Open.Add(probe), Epoch = probe.Epoch, Spent = (probe.Epoch == Epoch ? Spent : default) + probe.Reserved, SpentInAll = SpentInAll + probe.Reserved, Sent = Sent + 1,
            SpentOnPlants = (probe.Epoch == Epoch ? SpentOnPlants : default) + probe.PlantCost,
        };

    /// <summary>The answer is here: what it cost stands in the place of what was reserved. A plant is one only of the node that it was ordered from.</summary>
    internal ProbeBooks Answer(Hash32 salt, Receipt receipt, TokenAmount cost, ulong period, Address plantNode = default)
    {
        var probe = Find(salt) ?? throw new ArgumentException($"No probe {salt} is open.", nameof(salt));
        var paid = TokenAmount.Min(cost, probe.Reserved);
        var isPlant = probe.IsPlant && receipt.Node == plantNode;
        var books = Refund(probe, probe.Reserved - paid);
        return (isPlant ? books : books.Unplant(probe)).With(probe with
        {
            PlantCost = isPlant ? probe.PlantCost : default, Stage = ProbeStage.Answered, Reserved = paid, Gateway = receipt.Gateway, Node = receipt.Node, Receipt = ReceiptLeaf.Of(receipt).Digest, AnsweredIn = period,
        });
    }

    /// <summary>It was refused, and cost nothing.</summary>
    internal ProbeBooks Refuse(Hash32 salt) => Find(salt) is { } probe ? Refund(probe, probe.Reserved).Close(salt, ProbeEnd.Lost) : this;

    internal ProbeBooks Try(Hash32 salt) => Find(salt) is { } probe ? With(probe with { Attempts = probe.Attempts + 1 }) : this;

    internal ProbeBooks Reach(Hash32 salt, ProbeStage stage) => Find(salt) is { } probe && probe.Stage < stage ? With(probe with { Stage = stage }) : this;

    /// <summary>The ledger is about to be shown whose it is: its key pays for no other.</summary>
    /// <param name="cost">What opening a plant costs.</param>
    internal ProbeBooks Show(Hash32 salt, TokenAmount cost = default) => Find(salt) is not { Stage: < ProbeStage.Shown } probe ? this
        : With(probe with { Stage = ProbeStage.Shown, PlantCost = cost }) with
        {
            ShownPurses = ShownPurses.Contains(probe.Purse) ? ShownPurses : ShownPurses.Add(probe.Purse),
            SpentOnPlants = probe.Epoch == Epoch ? TokenAmount.SubtractOrZero(SpentOnPlants, probe.PlantCost) + cost : SpentOnPlants,
        };

    internal ProbeBooks Close(Hash32 salt, ProbeEnd end) => Find(salt) is not { } probe ? this : (end == ProbeEnd.Shown ? this : Unplant(probe)) with
    {
        Open = Open.Remove(probe),
        Checked = Checked + (end == ProbeEnd.Checked ? 1UL : 0),
        Shown = Shown + (end == ProbeEnd.Shown ? 1UL : 0),
        Lost = Lost + (end == ProbeEnd.Lost ? 1UL : 0),
    };

    internal ProbeRecord? Find(Hash32 salt) => Open.FirstOrDefault(probe => probe.Salt == salt);

    private ProbeBooks Unplant(ProbeRecord probe) => probe.Epoch == Epoch ? this with { SpentOnPlants = TokenAmount.SubtractOrZero(SpentOnPlants, probe.PlantCost) } : this;

    private ProbeBooks With(ProbeRecord probe) => this with { Open = Open.Replace(Find(probe.Salt)!, probe) };

    private ProbeBooks Refund(ProbeRecord probe, TokenAmount amount) => this with
    {
        Spent = probe.Epoch == Epoch ? TokenAmount.SubtractOrZero(Spent, amount) : Spent, SpentInAll = TokenAmount.SubtractOrZero(SpentInAll, amount),
    };
}
