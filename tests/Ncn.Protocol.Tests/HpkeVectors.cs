using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ncn.Protocol.Tests;

/// <summary>The test vectors of RFC 9180 for base mode with P-256 and HKDF-SHA256; bytes are hex.</summary>
internal sealed record HpkeVector(
    [property: JsonPropertyName("aead_id")] int Aead, string Info, string IkmR, string IkmE, string SkRm, string SkEm, string PkRm, string PkEm, string Enc,
    IReadOnlyList<HpkeVector.Encryption> Encryptions, IReadOnlyList<HpkeVector.Exported> Exports)
{
    internal sealed record Encryption(int Sequence, string Aad, string Nonce, string Pt, string Ct);

    internal sealed record Exported(
        [property: JsonPropertyName("exporter_context")] string Context, [property: JsonPropertyName("L")] int Length,
        [property: JsonPropertyName("exported_value")] string Value);

    public static IReadOnlyList<HpkeVector> All { get; } = Read();

    public static byte[] Bytes(string hex) => Convert.FromHexString(hex);

    private static List<HpkeVector> Read()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "hpke-rfc9180.json")));
        return document.RootElement.GetProperty("vectors").Deserialize<List<HpkeVector>>(JsonSerializerOptions.Web)!;
    }
}
