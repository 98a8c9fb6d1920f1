using Microsoft.AspNetCore.Server.Kestrel.Core;
using Yarp.ReverseProxy.Configuration;

// Peers that run beside the gateway in benchmarks: `empty PORT` is the least that Kestrel can be, `yarp PORT UPSTREAM` a reverse proxy.
if (args is not (["empty", _] or ["yarp", _, _]))
{
    Console.Error.WriteLine("usage: empty PORT | yarp PORT UPSTREAM");
    return 2;
}

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(
    int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture), static listen => listen.Protocols = HttpProtocols.Http1));
if (args is ["yarp", _, var upstream])
{
    builder.Services.AddReverseProxy().LoadFromMemory(
        [new RouteConfig { RouteId = "all", ClusterId = "upstream", Match = new RouteMatch { Path = "{**path}" } }],
        [new ClusterConfig { ClusterId = "upstream", Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = upstream } } }]);
}

var app = builder.Build();
if (args[0] == "yarp")
{
    app.MapReverseProxy();
}
else
{
    app.MapPost("/v1/chat/completions", static () => "{}");
}

app.Run();
return 0;
