using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>The state's canonical bytes: every member in the order of its declaration, every map ascending by key, so that equal states have equal bytes.</summary>
internal static class StateForm
{
    private const byte Version = 2; // 1 had no floor of the next epoch

    internal static ReadOnlySpan<byte> Write(VerificationState state)
    {
        var writer = new CanonicalWriter().Byte(Version);
        var place = state.Place;
        RulesForm.Write(writer.Number(place.Subnet.Value).Address(place.Token), state.Rules);
        writer.Number(state.NextFloorPpm).Number(state.Height).Number(state.Epoch).Number(state.Period).Number(state.Clock)
            .Items(state.Members, static (w, member) => w.Address(member.Key).Address(member.Account).Number(member.Weight))
            .Items(state.Beacons, static (w, entry) => w.Number(entry.Key).Word(entry.Value.Reveals).Items(entry.Value.By, static (w, by) => w.Address(by)))
            .Items(state.Commitments, static (w, entry) => CaseForm.Write(w.Address(entry.Key.Gateway).Number(entry.Key.Period), entry.Value))
            .Items(state.Closed, static (w, entry) => CaseForm.Write(w.Address(entry.Key.Gateway).Number(entry.Key.Period), entry.Value))
            .Items(state.Cases, static (w, entry) => CaseForm.Write(w.Word(entry.Key), entry.Value))
            .Items(state.Probes, static (w, entry) => w.Word(entry.Key).Address(entry.Value.Validator).Number(entry.Value.Height).Number(entry.Value.Until))
            .Items(state.Nodes, static (w, entry) => RecordForm.Write(w.Address(entry.Key), entry.Value))
            .Items(state.Gateways, static (w, entry) => RecordForm.Write(w.Address(entry.Key), entry.Value))
            .Items(state.Duty, static (w, entry) => w.Address(entry.Key).Number(entry.Value.Done).Number(entry.Value.Missed).Number(entry.Value.Contradicted).Number(entry.Value.PlantsPassed))
            .Items(state.Work, static (w, entry) => w.Address(entry.Key.Gateway).Address(entry.Key.Node).Number(entry.Value.OfNode).Number(entry.Value.OfGateway))
            .Items(state.Pots, static (w, entry) => w.Address(entry.Key).Amount(entry.Value.ForNodes).Amount(entry.Value.ForGateways))
            .Amount(state.DutyPot).Amount(state.Reserve)
            .Items(state.Credits, static (w, entry) => w.Address(entry.Key).Amount(entry.Value.Amount).Number(entry.Value.Epoch))
            .Items(state.Audits, static (w, entry) => CaseForm.Write(w.Address(entry.Key.Gateway).Word(entry.Key.Receipt), entry.Value))
            .Items(state.Accounts, static (w, entry) => w.Address(entry.Key).Amount(entry.Value))
            .Items(state.Penalties, static (w, entry) => RecordForm.Write(w, entry.Value))
            .Items(state.Pardons, static (w, id) => w.Word(id))
            .Amount(state.Received).Number(state.StatementNumber).Word(state.StatementRoot);
        return writer.Written;
    }

    /// <summary>Null unless the bytes are those that <see cref="Write"/> gives for what was read.</summary>
    internal static VerificationState? Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new FormReader(bytes);
        reader.Require(reader.Byte() == Version);
        var place = new VerificationPlace(new SubnetId(reader.Number32()), reader.Address());
        var state = ReadRest(ref reader, new VerificationState { Place = place, Rules = RulesForm.Read(ref reader) });
        return reader.IsAtEnd && state.Rules.Problem() is null && Write(state).SequenceEqual(bytes) ? state : null;
    }

    private static VerificationState ReadRest(ref FormReader reader, VerificationState state) => state with
    {
        NextFloorPpm = reader.Number32(),
        Height = reader.Number(),
        Epoch = reader.Number(),
        Period = reader.Number(),
        Clock = reader.Number(),
        Members = [.. reader.Items(Bounds.Members, static (ref FormReader r) => new Checker(r.Address(), r.Address(), r.Number128()))],
        Beacons = Map(reader.Items(Bounds.Members, ReadBeacon)),
        Commitments = Map(reader.Items(Bounds.Commitments, static (ref FormReader r) => KeyValuePair.Create(new CommitmentKey(r.Address(), r.Number()), CaseForm.ReadCommitment(ref r)))),
        Closed = Map(reader.Items(Bounds.Commitments, static (ref FormReader r) => KeyValuePair.Create(new CommitmentKey(r.Address(), r.Number()), CaseForm.ReadCommitment(ref r)))),
        Cases = Map(reader.Items(Bounds.Cases, static (ref FormReader r) => KeyValuePair.Create(r.Word(), CaseForm.ReadCase(ref r)))),
        Probes = Map(reader.Items(Bounds.Members * 64, static (ref FormReader r) => KeyValuePair.Create(r.Word(), new OpenProbe(r.Address(), r.Number(), r.Number())))),
        Nodes = Map(reader.Items(Bounds.Records, static (ref FormReader r) => KeyValuePair.Create(r.Address(), RecordForm.ReadRecord(ref r)))),
        Gateways = Map(reader.Items(Bounds.Records, static (ref FormReader r) => KeyValuePair.Create(r.Address(), RecordForm.ReadRecord(ref r)))),
        Duty = Map(reader.Items(Bounds.Records, static (ref FormReader r) => KeyValuePair.Create(r.Address(), new DutyRecord(r.Number(), r.Number(), r.Number(), r.Number())))),
        Work = Map(reader.Items(Bounds.Work, static (ref FormReader r) => KeyValuePair.Create(new WorkKey(r.Address(), r.Address()), new Work(r.Number128(), r.Number128())))),
        Pots = Map(reader.Items(Bounds.Pots, static (ref FormReader r) => KeyValuePair.Create(r.Address(), new Pot(r.Amount(), r.Amount())))),
        DutyPot = reader.Amount(),
        Reserve = reader.Amount(),
        Credits = Map(reader.Items(Bounds.Credits, static (ref FormReader r) => KeyValuePair.Create(r.Address(), new Credit(r.Amount(), r.Number())))),
        Audits = Map(reader.Items(Bounds.Audits, static (ref FormReader r) => KeyValuePair.Create(new AuditKey(r.Address(), r.Word()), CaseForm.ReadAudit(ref r)))),
        Accounts = Map(reader.Items(Bounds.Accounts, static (ref FormReader r) => KeyValuePair.Create(r.Address(), r.Amount()))),
        Penalties = Map(reader.Items(Bounds.Penalties, ReadPenalty)),
        Pardons = [.. reader.Items(Bounds.Penalties, static (ref FormReader r) => r.Word())],
        Received = reader.Amount(),
        StatementNumber = reader.Number(),
        StatementRoot = reader.Word(),
    };

    private static KeyValuePair<ulong, Beacon> ReadBeacon(ref FormReader reader)
    {
        var (since, reveals) = (reader.Number(), reader.Word());
        return KeyValuePair.Create(since, new Beacon(since, reveals, [.. reader.Items(Bounds.Members, static (ref FormReader r) => r.Address())]));
    }

    private static KeyValuePair<Hash32, Penalty> ReadPenalty(ref FormReader reader)
    {
        var penalty = RecordForm.ReadPenalty(ref reader);
        return KeyValuePair.Create(penalty.Id, penalty);
    }

    // The last of equal keys wins; that such bytes are not canonical is seen when they are written again.
    internal static ImmutableSortedDictionary<TKey, TValue> Map<TKey, TValue>(List<KeyValuePair<TKey, TValue>> entries)
        where TKey : notnull => ImmutableSortedDictionary<TKey, TValue>.Empty.SetItems(entries);
}
