using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Benchmarks.Edge;

/// <summary>What the mock node answers under one name.</summary>
/// <param name="Price">Atomic units for a request.</param>
/// <param name="Chunks">Pieces of the answer, one token each.</param>
/// <param name="Pace">Time between two pieces.</param>
internal sealed record MockModel(string Name, ulong Price, int Chunks, TimeSpan Pace)
{
    /// <summary>One piece of an answer, ASCII.</summary>
    public const string Piece = " word";

    public static MockModel Free { get; } = new("bench-free", 0, 1, TimeSpan.Zero);

    public static MockModel Paid { get; } = new("bench-paid", 10, 1, TimeSpan.Zero);

    /// <summary>As fast as it can be read.</summary>
    public static MockModel Stream { get; } = new("bench-stream", 0, 64, TimeSpan.Zero);

    /// <summary>As a model would stream.</summary>
    public static MockModel Paced { get; } = new("bench-paced", 0, 100, TimeSpan.FromMilliseconds(10));

    public static IReadOnlyList<MockModel> All { get; } = [Free, Paid, Stream, Paced];

    public ModelOffer Offer { get; } = new(
        new ModelDigest(Keccak256.Of(System.Text.Encoding.UTF8.GetBytes(Name))), Name, "1", ModelOffer.Decoder,
        new ModelPrice(new TokenAmount(Price), default, default, default), ContextTokens: 4096, MaxBatch: 0, MaxInputBytes: 1 << 20, "CPU", [], []);

    public static MockModel Of(ModelDigest digest) => All.First(model => model.Offer.Digest == digest);
}
