using Ncn.Protocol;

namespace Ncn.Consensus.Wire;

/// <summary>Bytes of operations: the kind, the content as it is hashed, and the author's signature unless it is an observation.</summary>
public static class OperationForm
{
    /// <summary>An operation from its kind and content, as its author signs them (<see cref="LedgerOperation"/>).</summary>
    /// <returns>Null when they are not those of an operation.</returns>
    public static Operation? Read(byte kind, ReadOnlySpan<byte> content)
    {
        var reader = new WireReader(content);
        var operation = Content(ref reader, kind);
        reader.End();
        return reader.Reason is null ? operation : null;
    }

    internal static void Write(CanonicalWriter writer, ClaimedOperation claimed)
    {
        claimed.Operation.Write(writer.Byte(claimed.Operation.Kind));
        if (!claimed.Operation.IsObservation)
        {
            writer.Signature(claimed.Signature);
        }
    }

    internal static ClaimedOperation Read(ref WireReader reader)
    {
        var operation = Content(ref reader, reader.Byte());
        return new ClaimedOperation(operation!, operation is { IsObservation: false } ? reader.Signature() : default);
    }

    private static Operation? Content(ref WireReader reader, byte kind)
    {
        var operation = Signed(ref reader, kind) ?? Observed(ref reader, kind);
        reader.Require(operation is not null, "an operation's kind is unknown");
        reader.Require(operation is null || operation.IsObservation || !operation.Author.IsZero, "an operation has no author");
        return operation;
    }

    private static Operation? Signed(ref WireReader reader, byte kind) => kind switch
    {
        1 => new Operation.AnnounceNode(reader.Address(), reader.Number(), reader.Word()),
        2 => new Operation.RetireNode(reader.Address(), reader.Number()),
        3 => new Operation.CommitReceipts(reader.Address(), reader.Number(), reader.Word(), reader.Number32(), new TokenAmount(reader.Number128())),
        4 => new Operation.CommitVerdict(reader.Address(), reader.Word(), reader.Word()),
        5 => new Operation.RevealVerdict(reader.Address(), reader.Word(), reader.Byte(), reader.Word()),
        6 => new Operation.BeReady(reader.Address(), reader.Word(), reader.Word()),
        11 => new Operation.OpenAudit(reader.Address(), reader.Number(), reader.Word(), reader.Address(), new TokenAmount(reader.Number128())),
        12 => new Operation.Testify(reader.Address(), reader.Byte(), new HexBytes(reader.Bytes(Operation.Testify.MostContent, "a testimony"))),
        _ => null,
    };

    private static Operation? Observed(ref WireReader reader, byte kind) => kind switch
    {
        7 => Set(ref reader),
        8 => new Operation.ObserveCheckpoint(reader.Number()),
        9 => Policy(ref reader),
        10 => new Operation.ObserveRewards(reader.Number(), reader.Word()),
        13 => Funds(ref reader),
        _ => null,
    };

    private static Operation.ObserveFunds Funds(ref WireReader reader)
    {
        var number = reader.Number();
        var entries = reader.Items(Operation.ObserveFunds.MostEntries, 1 + Hash32.Size + 16, "payments", static (ref WireReader entry) => new FundEntry(entry.Byte(), entry.Word(), new TokenAmount(entry.Number128())));
        return new Operation.ObserveFunds(number, entries);
    }

    private static Operation.ObservePolicy Policy(ref WireReader reader)
    {
        var (number, policy, floor) = (reader.Number(), reader.Word(), reader.Number32());
        reader.Require(floor <= ushort.MaxValue, "a floor is no share");
        return new Operation.ObservePolicy(number, policy, (ushort)Math.Min(floor, ushort.MaxValue));
    }

    private static Operation.ObserveSet Set(ref WireReader reader)
    {
        var snapshot = reader.Number32();
        var members = reader.Items(ValidatorSet.Most, Address.Size + 16, "members", static (ref WireReader member) => new Validator(member.Address(), member.Number128()));
        return new Operation.ObserveSet(snapshot, members);
    }
}
