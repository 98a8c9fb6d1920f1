namespace Ncn.Coordination.Subnets.Policies;

/// <summary>The members of a policy document.</summary>
internal static class PolicyNames
{
    internal const uint CurrentVersion = 1;
    internal const string Version = "version";
    internal const string Models = "models";
    internal const string PriceCeilings = "priceCeilings";
    internal const string AnyModel = "*";
    internal const string PerRequest = "perRequest";
    internal const string PerPromptToken = "perPromptToken";
    internal const string PerCompletionToken = "perCompletionToken";
    internal const string PerInputRow = "perInputRow";
    internal const string VerificationFloor = "verificationFloor";
    internal const string FeeBasisPoints = "feeBasisPoints";
    internal const string EpochLength = "epochLength";
    internal const string FreeTier = "freeTier";
    internal const string RequestsPerAddress = "requestsPerAddress";
    internal const string RequestsPerPayer = "requestsPerPayer";
    internal const string MaxCeiling = "maxCeiling";
    internal const string Capacity = "capacity";
    internal const string MinSlots = "minSlots";
    internal const string MaxSlots = "maxSlots";
}
