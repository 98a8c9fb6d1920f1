using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>Bytes of records and penalties.</summary>
internal static class RecordForm
{
    internal static void Write(CanonicalWriter writer, WorkRecord record) => writer
        .Number((ulong)record.Test.Evidence).Number(record.Passes).Number(record.Checked).Number(record.Failed).Byte((byte)(record.Sentence ?? 0)).Number(record.SentencedAt)
        .Number(record.FaultEpoch).Number(record.LastPeriod).Number(record.Committed).Number(record.Taken).Items(record.Faults, static (w, fault) => w.Word(fault))
        .Items(record.Models, static (w, entry) => w.Word(entry.Key).Number(entry.Value));

    internal static WorkRecord ReadRecord(ref FormReader reader)
    {
        var evidence = reader.Number();
        reader.Require(evidence <= long.MaxValue / 4);
        var (passes, total, failed, sentence) = (reader.Number(), reader.Number(), reader.Number(), (StandingStatus)reader.Byte());
        reader.Require(sentence is 0 or StandingStatus.Suspended or StandingStatus.Slashed);
        return new WorkRecord(
            new SequentialTest(reader.IsWrong ? 0 : (long)evidence), passes, total, failed, sentence == 0 ? null : sentence, reader.Number(), reader.Number(), reader.Number(), reader.Number(), reader.Number128(),
            [.. reader.Items(WorkRecord.MostFaults, static (ref FormReader r) => r.Word())],
            StateForm.Map(reader.Items(WorkRecord.MostModels, static (ref FormReader r) => KeyValuePair.Create(r.Word(), r.Number()))));
    }

    internal static void Write(CanonicalWriter writer, Penalty penalty) => writer
        .Word(penalty.Id).Byte((byte)penalty.Role).Address(penalty.Operator).Amount(penalty.Amount).Word(penalty.Reason).Number(penalty.Epoch).Address(penalty.OwedTo)
        .Amount(penalty.Owed).Items(penalty.Cases, static (w, one) => w.Word(one));

    internal static Penalty ReadPenalty(ref FormReader reader) => new(
        reader.Word(), (PenalizedRole)reader.Count8(2), reader.Address(), reader.Amount(), reader.Word(), reader.Number(), reader.Address(), reader.Amount(),
        [.. reader.Items(WorkRecord.MostFaults, static (ref FormReader r) => r.Word())]);
}
