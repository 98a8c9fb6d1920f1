using Ncn.Protocol;

namespace Ncn.Coordination.Subnets;

/// <summary>What a node record must be before anything is done with it.</summary>
public static class RecordRules
{
    /// <summary>Why the record is refused, or null.</summary>
    internal static NodeOutcome? Refusal(NodeRecord record, SubnetId subnet, ulong now, SubnetLimits limits)
    {
        if (!IsWellFormed(record))
        {
            return NodeOutcome.Malformed;
        }

        if (!record.Subnets.Contains(subnet.Value))
        {
            return NodeOutcome.WrongSubnet;
        }

        if (record.IssuedAt > now + limits.MaxClockSkewMilliseconds)
        {
            return NodeOutcome.ClockSkew;
        }

        if (record.ExpiresAt <= now)
        {
            return NodeOutcome.Expired;
        }

        return record.ExpiresAt - now > limits.MaxRecordLifeMilliseconds ? NodeOutcome.LivesTooLong : null;
    }

    /// <summary>Whether all parts are there and of a bounded size; a record from outside is checked for it before anything else.</summary>
    public static bool IsWellFormed(NodeRecord record) => NodeRecordShape.IsWellFormed(record);
}
