using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>Bytes of commitments and cases.</summary>
internal static class CaseForm
{
    private const int MostSeen = 4_096;

    internal static void Write(CanonicalWriter writer, Commitment commitment) => writer
        .Word(commitment.Root).Number(commitment.Count).Amount(commitment.Total).Number(commitment.At).Number(commitment.Height).Word(commitment.Beacon).Number(commitment.DrawnAt)
        .Items(commitment.Seen, static (w, index) => w.Number(index)).Number(commitment.Open).Byte(Flag(commitment.IsVoid))
        .Items(commitment.Work, static (w, entry) => w.Address(entry.Key).Number(entry.Value));

    internal static Commitment ReadCommitment(ref FormReader reader) => new(
        reader.Word(), reader.Number32(), reader.Amount(), reader.Number(), reader.Number(), reader.Word(), reader.Number(),
        [.. reader.Items(MostSeen, static (ref FormReader r) => r.Number32())], reader.Number32(), reader.Flag(),
        StateForm.Map(reader.Items(MostSeen, static (ref FormReader r) => KeyValuePair.Create(r.Address(), r.Number128()))));

    internal static void Write(CanonicalWriter writer, Case item)
    {
        writer.Byte((byte)item.Kind).Address(item.Gateway).Number(item.Period).Number(item.Index).Byte(Flag(item.Leaf is not null));
        if (item.Leaf is { } leaf)
        {
            ReceiptProof.Write(writer, leaf);
        }

        writer.Word(item.Model.Value).Number(item.RatePpm).Byte((byte)item.Stage).Number(item.Until).Items(item.Checkers, static (w, checker) => w.Address(checker))
            .Items(item.Marks, static (w, mark) => w.Address(mark.Key).Byte(mark.Value)).Byte(Flag(item.IsEscalated)).Address(item.Planter).Word(item.Audit);
    }

    internal static Case ReadCase(ref FormReader reader)
    {
        var (kind, gateway, period, index) = ((CaseKind)reader.Byte(), reader.Address(), reader.Number(), reader.Number32());
        var leaf = reader.Flag() ? ReceiptProof.ReadLeaf(ref reader) : null;
        reader.Require(Enum.IsDefined(kind) && (leaf is null ? kind is CaseKind.List or CaseKind.Audit : kind != CaseKind.List));
        var model = new ModelDigest(reader.Word());
        var (rate, stage, until) = (reader.Number32(), (CaseStage)reader.Byte(), reader.Number());
        reader.Require(Enum.IsDefined(stage));
        ImmutableArray<Address> checkers = [.. reader.Items(Bounds.Members, static (ref FormReader r) => r.Address())];
        var marks = StateForm.Map(reader.Items(2 * Bounds.Members, static (ref FormReader r) => KeyValuePair.Create(r.Address(), r.Byte())));
        var (isEscalated, planter) = (reader.Flag(), reader.Address());
        return new Case(kind, gateway, period, index, leaf, model, rate, stage, until, checkers, marks, isEscalated, planter, reader.Word());
    }

    internal static CanonicalWriter Write(CanonicalWriter writer, Audit audit) => writer
        .Number(audit.Period).Address(audit.Client).Amount(audit.Bond).Byte(Flag(audit.IsFunded)).Number(audit.OpenedAt).Number(audit.Until)
        .Byte(Flag(audit.IsJudged)).Byte((byte)audit.Verdict);

    internal static Audit ReadAudit(ref FormReader reader) => new(
        reader.Number(), reader.Address(), reader.Amount(), reader.Flag(), reader.Number(), reader.Number(), reader.Flag(), (AuditVerdict)reader.Count8((int)AuditVerdict.Undecided));

    private static byte Flag(bool holds) => holds ? (byte)1 : (byte)0;
}
