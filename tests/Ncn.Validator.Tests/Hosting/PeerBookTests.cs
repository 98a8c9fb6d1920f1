using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Protocol;
using Ncn.Validator.Hosting;
using Ncn.Validator.Tests.Support;

namespace Ncn.Validator.Tests.Hosting;

/// <summary>Others are found over any one that answers, whatever the rest answer.</summary>
public sealed class PeerBookTests
{
    [Fact]
    public async Task Places_come_from_whom_the_settings_name_and_from_those_that_it_names()
    {
        var places = new PeerPlaces(static _ => true, Sample.Domains.Network, Sample.Salt, TimeProvider.System);
        using var others = new Others(uri => uri.Host switch
        {
            "first.example" => Json(Said(1), Said(2)),
            "two.example" => Json(Said(3)),
            "null.example" => (HttpStatusCode.OK, "null"),
            "page.example" => (HttpStatusCode.OK, "<html>"),
            "items.example" => (HttpStatusCode.OK, "[null, {}, {\"message\":null}, {\"message\":{},\"signature\":\"0x\"}]"),
            _ => (HttpStatusCode.InternalServerError, ""),
        });
        using var http = new HttpClient(others);
        string[] named = ["null", "page", "items", "error", "first"];
        var book = new PeerBook(new PeerUrls([.. named.Select(static name => new Uri($"https://{name}.example/"))]), places, http, http, static () => Said(9), NullLogger.Instance);

        await book.LookAsync(CancellationToken.None);
        await book.LookAsync(CancellationToken.None);
        Assert.Equal(new ulong[] { 1, 2, 3 }.Select(static who => Sample.Signer(who).Address).Order(), book.Known.Select(static peer => peer.Key).Order());
        Assert.Contains(others.Told, static told => told.Contains(Sample.Signer(9).Address.ToString(), StringComparison.OrdinalIgnoreCase));
    }

    private static (HttpStatusCode, string) Json(params Signed<ValidatorPlace>[] said) => (HttpStatusCode.OK, JsonSerializer.Serialize(said, ProtocolJson.Options));

    private static Signed<ValidatorPlace> Said(ulong who)
    {
        using var signer = Sample.Signer(who);
        return signer.Sign(new ValidatorPlace(signer.Address, Sample.Salt, who == 2 ? "https://two.example/" : "https://silent.example/", $"https://link{who}.example/", 1_790_000_000_000), Sample.Domains.Network);
    }

    private sealed class Others(Func<Uri, (HttpStatusCode Status, string Body)> answer) : HttpMessageHandler
    {
        internal List<string> Told { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var told = request.Content is { } content ? await content.ReadAsStringAsync(cancellationToken) : "";
            lock (Told)
            {
                Told.Add(told);
            }

            var (status, body) = answer(request.RequestUri!);
            return new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        }
    }
}
