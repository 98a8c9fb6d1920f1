using System.Text.Json;

namespace Ncn.Protocol.Tests.Fingerprints;

/// <summary>Positions, bytes, leaves and roots are those that an independent JavaScript implementation computed (contracts/script/fingerprints.mjs).</summary>
public sealed class FingerprintGoldenTests
{
    private static readonly JsonElement Golden =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "fingerprints.json"))).RootElement;

    [Fact]
    public void Every_choice_of_positions_equals_the_golden_one()
    {
        var cases = Golden.GetProperty("positions").EnumerateArray().ToArray();
        Assert.Equal(30, cases.Length);
        foreach (var golden in cases)
        {
            var positions = new FingerprintPositions(Hash32.Parse(golden.GetProperty("jobHash").GetString()!));
            var tokens = golden.GetProperty("tokens").GetInt32();
            int[] expected = [.. golden.GetProperty("positions").EnumerateArray().Select(static position => position.GetInt32())];
            Assert.Equal(expected, positions.Of(tokens));
            Assert.Equal(expected, Enumerable.Range(0, tokens).Where(position => positions.IsChosen(position) || position == tokens - 1));
        }
    }

    [Fact]
    public void Every_set_has_the_golden_bytes_leaves_and_root_and_is_read_from_them()
    {
        foreach (var golden in Golden.GetProperty("sets").EnumerateArray())
        {
            var set = FingerprintSet.Of(golden.GetProperty("fingerprints").EnumerateArray().Select(Fingerprint));
            var encoded = Hex.ParseBytes(golden.GetProperty("encoded").GetString()!);
            Assert.Equal(encoded, set.Encode());
            Assert.Equal(Texts(golden.GetProperty("leaves")), set.Fingerprints.Select(static at => at.Leaf.ToString()));
            Assert.Equal(golden.GetProperty("root").GetString(), set.Root.ToString());
            Assert.True(FingerprintSet.TryDecode(encoded, out var read, out var problem), problem);
            Assert.Equal(encoded, read.Encode());
            Assert.Equal(set.Root, read.Root);
        }
    }

    private static Fingerprint Fingerprint(JsonElement golden)
    {
        var made = Ncn.Protocol.Fingerprint.Of(
            golden.GetProperty("position").GetInt32(), golden.GetProperty("token").GetInt32(),
            golden.GetProperty("top").EnumerateArray().Select(static token => (token[0].GetInt32(), token[1].GetSingle())));
        Assert.Equal(
            golden.GetProperty("rounded").EnumerateArray().Select(static token => new LikelyToken(token[0].GetInt32(), token[1].GetInt32())), made.Top);
        return made;
    }

    private static IEnumerable<string?> Texts(JsonElement list) => list.EnumerateArray().Select(static item => item.GetString());
}
