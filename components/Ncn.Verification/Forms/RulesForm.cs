using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>Bytes of the parameters.</summary>
internal static class RulesForm
{
    internal static CanonicalWriter Write(CanonicalWriter writer, VerificationRules rules) => writer
        .Number(rules.PeriodMs).Number(rules.FloorPpm).Number(rules.PassesPerHalving).Byte((byte)rules.Checkers)
        .Number((ulong)rules.Test.Fail).Number((ulong)rules.Test.Pass).Number((ulong)rules.Test.Accuse)
        .Number(rules.MostChecksPerCommitment).Number(rules.MostAge).Number(rules.AuditWindow).Number(rules.BeaconPatience).Number(rules.AuditPeriods).Number(rules.VerifiedFrom)
        .Number(rules.NodeSharePpm).Number(rules.ValidatorSharePpm).Number(rules.GatewaySharePpm).Number(rules.MissCost).Number(rules.PlantCost)
        .Number(rules.MostProbes).Number(rules.ProbePeriods).Number(rules.SlashPercent).Amount(rules.LeastSlash).Amount(rules.LeastBond).Number(rules.ReturnEpochs);

    internal static VerificationRules Read(ref FormReader reader) => new()
    {
        PeriodMs = reader.Number(),
        FloorPpm = reader.Number32(),
        PassesPerHalving = reader.Number32(),
        Checkers = reader.Byte(),
        Test = new SequentialRules(Step(ref reader), Step(ref reader), Step(ref reader)),
        MostChecksPerCommitment = reader.Number32(),
        MostAge = reader.Number32(),
        AuditWindow = reader.Number32(),
        BeaconPatience = reader.Number32(),
        AuditPeriods = reader.Number32(),
        VerifiedFrom = reader.Number32(),
        NodeSharePpm = reader.Number32(),
        ValidatorSharePpm = reader.Number32(),
        GatewaySharePpm = reader.Number32(),
        MissCost = reader.Number32(),
        PlantCost = reader.Number32(),
        MostProbes = reader.Number32(),
        ProbePeriods = reader.Number32(),
        SlashPercent = reader.Number32(),
        LeastSlash = reader.Amount(),
        LeastBond = reader.Amount(),
        ReturnEpochs = reader.Number32(),
    };

    private static long Step(ref FormReader reader) => reader.Number() is <= long.MaxValue and var step ? (long)step : 0;
}
