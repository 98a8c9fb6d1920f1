using Ncn.Actors;
using Ncn.Coordination.Subnets;
using Ncn.Coordination.Subnets.Policies;
using Ncn.Protocol;

namespace Ncn.Registry.Subnets;

/// <summary>What a node is told.</summary>
internal static class NodeAnswers
{
    internal static NodeResult NotSigned { get; } = new(
        false, true, "The message is malformed or not signed by the operator that it names, for this network; check the record, the key and the chain settings.");

    internal static NodeResult Of(NodeOutcome outcome, bool isMember) => new(outcome == NodeOutcome.Accepted, isMember, outcome switch
    {
        NodeOutcome.Accepted => string.Empty,
        NodeOutcome.Unknown => "The node is not in this subnet; join with a new record.",
        NodeOutcome.StaleSequence => "The sequence is not above the last one; send a message with a higher one.",
        NodeOutcome.ClockSkew => "The message's time is too far from the registry's; set the node's clock.",
        NodeOutcome.Expired => "The record has expired; sign a new one.",
        NodeOutcome.LivesTooLong => "The record is valid for longer than 30 days; sign one that expires sooner.",
        NodeOutcome.WrongSubnet => "The record does not name this subnet; add its number to the record's subnets.",
        NodeOutcome.Malformed => "The record is empty, too large or its endpoint is not host:port.",
        NodeOutcome.Unstaked => "The operator has less stake as a node than this subnet asks for; stake in ValidatorRegistry, and join when the stake is in a block.",
        NodeOutcome.NotAdmitted => "The subnet's policy admits none of the node's models at its prices, or not its number of slots; see GET /ncn/v1/subnet.",
        NodeOutcome.Full => "The subnet has no room for another node; try again later or join another subnet.",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    });

    internal static PolicyResult Of(PolicyOutcome outcome, Hash32 hash) => outcome switch
    {
        PolicyOutcome.InForce => new(true, hash, "The policy is in force."),
        PolicyOutcome.Prepared => new(true, hash, "The policy is kept and in force with the proposed parameters that name it."),
        PolicyOutcome.NotNamed => new(false, hash, $"The chain does not name the policy {hash} for this subnet; its owner must propose parameters with this hash first."),
        PolicyOutcome.ChainUnread => new(false, hash, "What the chain says of this subnet is not known here yet; repeat this in some seconds."),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };
}
