using System.Collections.Immutable;
using Ncn.Coordination.Subnets.Policies;
using Ncn.Protocol;

namespace Ncn.Coordination.Subnets;

/// <summary>What can happen to a subnet. Signatures are verified by the shell; time comes in as unix milliseconds.</summary>
public abstract record SubnetInput(ulong Now)
{
    /// <summary>A node's record, with the signature that the shell verified: who reads the record later can verify it again.</summary>
    public sealed record Join(ulong Now, SubnetId Subnet, NodeRecord Record, Signature? Signature = null) : SubnetInput(Now);

    /// <summary>A member's sign of life.</summary>
    public sealed record Heartbeat(ulong Now, NodeHeartbeat Message) : SubnetInput(Now);

    /// <summary>A member goes.</summary>
    public sealed record Leave(ulong Now, NodeLeave Message) : SubnetInput(Now);

    /// <summary>Time has passed.</summary>
    public sealed record Tick(ulong Now) : SubnetInput(Now);

    /// <summary>The chain was read because one of its events named the subnet. Null: that part was not read.</summary>
    /// <param name="ReorganizedFrom">The first block that the chain took back; null when it took none.</param>
    public sealed record Observe(
        ulong Now, MirroredParameters? Parameters, Address? Operator, MirroredStake? Stake, ulong? ReorganizedFrom) : SubnetInput(Now)
    {
        /// <summary>What the owner has proposed; read with the parameters, and null when there is nothing.</summary>
        public ProposedParameters? Proposed { get; init; }

        /// <summary>Whose subnet it is.</summary>
        public MirroredOwner? Owner { get; init; }
    }

    /// <summary>Somebody brings a policy document: it counts when the chain names its hash.</summary>
    public sealed record Publish(ulong Now, PolicyDocument Policy) : SubnetInput(Now);

    /// <summary>A gateway says how far it takes a member at its word about its free slots.</summary>
    /// <param name="Gateway">Which gateway process: each has one voice.</param>
    /// <param name="Score">Permille; 1,000 for a member that never refused what it had said that it could run.</param>
    public sealed record Judge(ulong Now, string Gateway, Address Node, uint Score) : SubnetInput(Now);

    /// <summary>Validators with more than two thirds of the stake say how these nodes stand; a gateway has made sure of that.</summary>
    public sealed record Stand(ulong Now, ImmutableArray<NodeStanding> Nodes) : SubnetInput(Now);

    /// <summary>The process starts with the durable half of the state: every member gets one more period of silence.</summary>
    public sealed record Restart(ulong Now) : SubnetInput(Now);
}

/// <summary>What the shell is to do after a step.</summary>
public abstract record SubnetOutput
{
    private SubnetOutput()
    {
    }

    /// <summary>Answer the sender.</summary>
    public sealed record Reply(NodeOutcome Outcome) : SubnetOutput;

    /// <summary>Tell the mempool how many requests the members could start now.</summary>
    public sealed record ReportFreeSlots(uint FreeSlots) : SubnetOutput;

    /// <summary>Answer who brought a policy document.</summary>
    public sealed record PolicyReply(PolicyOutcome Outcome) : SubnetOutput;

    /// <summary>A member is silent for longer than it usually is: it is used where no other can be.</summary>
    public sealed record Suspected(Address Operator) : SubnetOutput;

    /// <summary>A member was silent for too long; it is not used until it beats again.</summary>
    public sealed record Ejected(Address Operator) : SubnetOutput;

    /// <summary>A member that was ejected beats again.</summary>
    public sealed record Returned(Address Operator) : SubnetOutput;

    /// <summary>A member was forgotten after a long silence, or its record expired; it must join again.</summary>
    public sealed record Lost(Address Operator) : SubnetOutput;

    /// <summary>A member does not meet the subnet's rules any more and is out; <paramref name="Rule"/> is what a join would be told.</summary>
    public sealed record Dismissed(Address Operator, NodeOutcome Rule) : SubnetOutput;
}

/// <summary>How a node's message was taken.</summary>
public enum NodeOutcome
{
    /// <summary>Done.</summary>
    Accepted,

    /// <summary>The node is not a member; it must join.</summary>
    Unknown,

    /// <summary>The sequence is not above the last one: an old message, or a replay.</summary>
    StaleSequence,

    /// <summary>The message's time is too far from this clock.</summary>
    ClockSkew,

    /// <summary>The record has expired.</summary>
    Expired,

    /// <summary>The record is valid for longer than allowed.</summary>
    LivesTooLong,

    /// <summary>The record does not name this subnet.</summary>
    WrongSubnet,

    /// <summary>The record is empty, too large or has a malformed endpoint.</summary>
    Malformed,

    /// <summary>The subnet has no room for another node.</summary>
    Full,

    /// <summary>The operator has less bonded as a node than the subnet asks for on the chain.</summary>
    Unstaked,

    /// <summary>The subnet's policy admits none of the node's models at its prices, or not its size.</summary>
    NotAdmitted,
}
