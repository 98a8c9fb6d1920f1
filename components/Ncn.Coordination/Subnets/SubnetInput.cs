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
        ulong Now, MirroredParameters? Parameters, Address? Operator, MirroredStake? Stake, ulong? ReorganizedFrom) : SubnetInput(Now);

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

    /// <summary>A member was silent for too long or its record expired; it is out.</summary>
    public sealed record Lost(Address Operator) : SubnetOutput;
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
}
