using System.Text;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Verification.Checks;

namespace Ncn.Verification.Tests.Checks;

/// <summary>Makes an honest answer, its evidence and its re-run, and lets a test change one thing at a time.</summary>
internal sealed class AnswerForge : IDisposable
{
    public static readonly Eip712Domain Domain = Eip712Domain.Network(1, Address.Zero);

    private readonly byte[] _input = [1, 2, 3];

    public Signer Gateway { get; } = new(Keccak256.Hash("gateway"u8));

    public Signer Node { get; } = new(Keccak256.Hash("node"u8));

    public static PairTolerance Tolerance { get; } = new("CPU", "CPU", 100)
    {
        Text = new TextTolerance(Logprob: 4, Margin: 1024, DoubtsPerMillion: 100),
        Outputs = [new OutputTolerance("y", Absolute: 1000, Relative: 1000)],
    };

    public InferenceJob Job => new(
        new RequestId(Keccak256.Of([9])), 1, Gateway.Address, Node.Address, new ModelDigest(Keccak256.Of([8])), Keccak256.Of(_input), 7, new TokenAmount(100), 99);

    public void Dispose()
    {
        Gateway.Dispose();
        Node.Dispose();
    }

    /// <summary>Twenty tokens, one in each chunk, and held-back text at the end.</summary>
    public ReceiptEvidence Text(Func<Receipt, Receipt>? alter = null, string rest = "!", int tokens = 20)
    {
        List<OutputPiece> pieces = [.. Enumerable.Range(0, tokens).Select(token => new OutputPiece([token], $"t{token} ", null))];
        if (rest.Length > 0)
        {
            pieces.Add(new OutputPiece([], rest, null));
        }

        FingerprintSet set = Fingerprints(tokens);
        Receipt receipt = ReceiptOf(HashOf(pieces), 5, (uint)tokens, set.Root);
        return new ReceiptEvidence(0, Gateway.Sign(Job, Domain), Node.Sign(alter?.Invoke(receipt) ?? receipt, Domain), false, _input, pieces, set.Encode());
    }

    /// <summary>What an honest worker finds of <see cref="Text"/>.</summary>
    public Rerun Rerun(Func<TextRerun, TextRerun>? alter = null, string rest = "!", int tokens = 20)
    {
        var found = new TextRerun(
            Fingerprints(tokens), (uint)tokens, [], [.. Enumerable.Range(0, tokens).Select(token => $"t{token} ")], rest, AnswerEnding.Length, 0);
        return new Rerun("CPU", "CPU", 5, 0, new ModelTolerances("m", "1", [Tolerance])) { Text = alter?.Invoke(found) ?? found };
    }

    /// <summary>The fingerprints that the job chooses; the likeliest token's log-probability can be off.</summary>
    public FingerprintSet Fingerprints(int tokens, float off = 0) => FingerprintSet.Of(
        new FingerprintPositions(Job.StructHash()).Of(tokens).Select(position => Fingerprint.Of(position, position, [(position, -0.5f + off), (position + 1, -2f)])));

    /// <summary>A signed answer of tensors; the check is told apart from the bytes what is in it.</summary>
    public ReceiptEvidence Tensors()
    {
        byte[] answer = [4, 5];
        var rolling = new RollingOutputHash(Job.RequestId, Job.Attempt);
        Receipt receipt = ReceiptOf(rolling.Append([], answer), 0, 2, default);
        return new ReceiptEvidence(0, Gateway.Sign(Job, Domain), Node.Sign(receipt, Domain), false, _input, [new OutputPiece([], "", answer)], []);
    }

    public static Rerun Rerun(params float[] values) =>
        new("CPU", "CPU", 0, 2, new ModelTolerances("m", "1", [Tolerance])) { Outputs = [Tensor(values)] };

    public static TensorValue Tensor(params float[] values) =>
        new("y", TensorDatatype.FP32, [2, values.Length / 2], values.SelectMany(BitConverter.GetBytes).ToArray());

    private Receipt ReceiptOf(Hash32 outputHash, uint promptTokens, uint tokens, Hash32 root) => new(
        Job.RequestId, Job.Attempt, Job.Node, Job.Gateway, Job.ModelDigest, Job.InputHash, outputHash, Job.Seed, promptTokens, tokens, new TokenAmount(9), default,
        new TokenAmount(9), root, 1, 2);

    private Hash32 HashOf(IEnumerable<OutputPiece> pieces)
    {
        var rolling = new RollingOutputHash(Job.RequestId, Job.Attempt);
        foreach (OutputPiece piece in pieces)
        {
            rolling.Append([.. piece.TokenIds], Encoding.UTF8.GetBytes(piece.Text));
        }

        return rolling.Value;
    }
}
