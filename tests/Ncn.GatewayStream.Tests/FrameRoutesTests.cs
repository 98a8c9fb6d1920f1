using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Ncn.Serving.OpenApi;

namespace Ncn.GatewayStream.Tests;

/// <summary>Frames go to the routes that the gateway has over HTTP, and to no others.</summary>
public sealed class FrameRoutesTests
{
    [Fact]
    public async Task Every_path_of_a_frame_is_a_route_of_the_gateway()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddRouting();
        await using var app = builder.Build();
        FrameRoutes.Map(app);
        var known = GatewayRoutes.All.Select(static route => (route.Method, route.Path)).ToHashSet();
        var served = ((IEndpointRouteBuilder)app).DataSources.SelectMany(static source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(static endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Select(
                method => (method, endpoint.RoutePattern.RawText!)) ?? []).ToArray();
        Assert.NotEmpty(served);
        Assert.All(served, route => Assert.Contains(route, known));
    }
}
