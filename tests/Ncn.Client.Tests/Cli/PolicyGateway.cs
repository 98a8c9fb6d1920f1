using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ncn.Client.Tests.Cli;

/// <summary>The two routes of a gateway that a policy document needs, over HTTP; it takes the one document whose text it was given.</summary>
internal sealed class PolicyGateway : IAsyncDisposable
{
    private readonly WebApplication app;

    private PolicyGateway(WebApplication app) => this.app = app;

    public Uri Url => new(app.Urls.First());

    public List<string> Received { get; } = [];

    public static async Task<PolicyGateway> StartAsync(uint subnet, string named)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var gateway = new PolicyGateway(builder.Build());
        gateway.app.MapGet("ncn/v1/subnet", () => Results.Json(new { subnet, name = "text" }));
        gateway.app.MapPost("ncn/v1/subnet/policy", (HttpRequest request) => gateway.TakeAsync(request, named));
        await gateway.app.StartAsync();
        return gateway;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task<IResult> TakeAsync(HttpRequest request, string named)
    {
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        Received.Add(await reader.ReadToEndAsync());
        return Received[^1] == named
            ? Results.Json(new { accepted = true, hash = (string?)null, reason = "The policy is in force." })
            : Results.Problem("The chain names another policy.", statusCode: StatusCodes.Status422UnprocessableEntity, title: "policy_refused");
    }
}
