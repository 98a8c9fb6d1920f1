using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Ncn.Hosting.Metrics;
using Ncn.Tests.Prometheus;

namespace Ncn.Hosting.Tests.Metrics;

public sealed class MetricsEndpointTests
{
    [Theory]
    [InlineData(false, "127.0.0.1", HttpStatusCode.OK)]
    [InlineData(false, "203.0.113.9", HttpStatusCode.NotFound)]
    [InlineData(true, "203.0.113.9", HttpStatusCode.OK)]
    public async Task Only_this_machine_is_let_in_unless_the_operator_opens_it(bool isOpen, string caller, HttpStatusCode expected)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.AddNcnDefaults().WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using WebApplication app = builder.Build();
        app.Use((http, next) =>
        {
            http.Connection.RemoteIpAddress = IPAddress.Parse(caller);
            return next(http);
        });
        app.MapNcnMetrics(isOpen);
        await app.StartAsync();
        using var client = new HttpClient
        {
            BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()),
        };

        await client.GetAsync("/metrics");
        HttpResponseMessage response = await client.GetAsync("/metrics");

        Assert.Equal(expected, response.StatusCode);
        if (expected == HttpStatusCode.OK)
        {
            Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
            ParsedMetrics parsed = ParsedMetrics.Parse(await response.Content.ReadAsStringAsync());
            Assert.Equal("histogram", parsed.TypeOf["http_server_request_duration_seconds"]);
        }
    }
}
