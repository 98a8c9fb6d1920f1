using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Validator.Durable;
using Ncn.Verification;

namespace Ncn.Validator.OnChain;

/// <summary>Bytes of the fold, on the own disk and for other validators: the state, then the newest statements, oldest first, as far as there is room.</summary>
internal static class WorkFoldForm
{
    private const int MostStatementBytes = 32 << 20;
    private const byte Version = 3; // 1 began a state without statements, 2 one without the floor of the next epoch

    internal static byte[] Write(VerificationState? state, ImmutableList<(ulong Number, Hash32 Root, VerificationState Stated)> statements)
    {
        var writer = new CanonicalWriter().Byte(Version).Bytes(state?.Write() ?? []);
        var room = MostStatementBytes;
        var kept = statements.Reverse().Select(static statement => (statement.Number, statement.Root, Bytes: statement.Stated.Write())).TakeWhile(statement => (room -= statement.Bytes.Length) >= 0);
        foreach (var (number, root, bytes) in kept.Reverse().ToArray())
        {
            writer.Number(number).Word(root).Bytes(bytes);
        }

        return writer.Written.ToArray();
    }

    /// <summary>Null state for bytes of a version that is not read any more, and for a state that is none.</summary>
    /// <exception cref="FormatException">They end too early, or a statement is none.</exception>
    internal static (VerificationState? State, ImmutableList<(ulong Number, Hash32 Root, VerificationState Stated)> Statements) Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes is not [Version, ..])
        {
            return (null, []);
        }

        var reader = new LogReader(bytes[1..]);
        var state = reader.Bytes();
        var statements = ImmutableList.CreateBuilder<(ulong Number, Hash32 Root, VerificationState Stated)>();
        while (!reader.IsAtEnd)
        {
            var (number, root) = (reader.Number(), reader.Word());
            statements.Add((number, root, VerificationState.Read(reader.Bytes()) ?? throw new FormatException($"statement {number} is not what was written")));
        }

        return (state.IsEmpty ? null : VerificationState.Read(state), statements.ToImmutable());
    }

    /// <summary>The statements that a state proves: it has the newest one's number and root, and each is made of a state that has those of the one before.</summary>
    internal static ImmutableList<(ulong Number, Hash32 Root, VerificationState Stated)> Proven(VerificationState state, ImmutableList<(ulong Number, Hash32 Root, VerificationState Stated)> statements)
    {
        var from = statements.Count;
        for (var (number, root) = (state.StatementNumber, state.StatementRoot); from > 0; from--)
        {
            var before = statements[from - 1];
            if (before.Number != number || before.Root != root || !RewardTree.IsStated(before.Stated, root))
            {
                break;
            }

            (number, root) = (before.Stated.StatementNumber, before.Stated.StatementRoot);
        }

        return statements.GetRange(from, statements.Count - from);
    }
}
