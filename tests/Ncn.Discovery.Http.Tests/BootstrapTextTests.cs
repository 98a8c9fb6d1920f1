using System.Text.Json;
using Ncn.Discovery.Http.Bootstrap;
using Ncn.Protocol;

namespace Ncn.Discovery.Http.Tests;

/// <summary>The forms in which an operator can be told of a way in.</summary>
public sealed class BootstrapTextTests
{
    private static readonly Signed<PeerRecord> Record = new PeerIdentity(
        Town.NewKey(), Town.NewKey(), Town.Network, new Uri("https://peer.example:3601"), PeerIdentity.LongestLife).At(Town.Now)!.Record;

    private static string Json => JsonSerializer.Serialize(Record, ProtocolJson.Options);

    [Theory]
    [InlineData("", 0)]
    [InlineData("https://a.example", 1)]
    [InlineData(" https://a.example/ , http://127.0.0.1:3601,", 2)]
    [InlineData("[\"https://a.example\"]", 1)]
    [InlineData("[]", 0)]
    public void Urls_are_read(string text, int count) => Assert.Equal(count, BootstrapText.Read(text).Count);

    [Fact]
    public void Records_are_read_alone_in_a_list_and_from_a_file()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("ncn-bootstrap-").FullName, "record.json");
        File.WriteAllText(path, Json);
        var texts = new[] { Json, $"[{Json},\"https://a.example\"]", path, $"https://a.example,{path}" };
        foreach (var text in texts)
        {
            Assert.Contains(BootstrapText.Read(text), way => way.Record?.Signature == Record.Signature && way.Url == new Uri("https://peer.example:3601"));
        }
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[7]")]
    [InlineData("[{}]")]
    [InlineData("[null]")]
    [InlineData("{\"message\":null,\"signature\":null}")]
    [InlineData("ftp://a.example")]
    [InlineData("[\"ftp://a.example\"]")]
    [InlineData("/no/such/file.json")]
    public void What_is_none_of_them_is_refused_with_a_reason(string text) =>
        Assert.NotEmpty(Assert.Throws<BootstrapException>(() => BootstrapText.Read(text)).Message);

    [Fact]
    public void A_list_without_end_is_refused() =>
        Assert.Throws<BootstrapException>(() => BootstrapText.Read(string.Join(',', Enumerable.Repeat("https://a.example", 300))));
}
