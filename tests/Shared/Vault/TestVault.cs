using System.Net;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ncn.Tests.Vault;

/// <summary>A vault as Azure's SDK meets it (REST API "Get Secret", challenge for a token included), on this machine.</summary>
internal sealed class TestVault : TokenCredential, IAsyncDisposable
{
    public const string Address = "https://ncn-test.vault.azure.net/";
    private const string Token = "token-of-the-app";

    private readonly WebApplication _app;

    private TestVault(WebApplication app) => _app = app;

    /// <summary>What the secrets hold, by name.</summary>
    public Dictionary<string, string> Secrets { get; } = [];

    /// <summary>What a token was asked for.</summary>
    public string[] Scopes { get; private set; } = [];

    public static async Task<TestVault> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var vault = new TestVault(builder.Build());
        vault._app.MapGet("/secrets/{name}/{version?}", vault.Get);
        await vault._app.StartAsync();
        return vault;
    }

    /// <summary>Makes an app read its key here, with the real SDK over a transport that leads to this machine.</summary>
    public void Serve(IServiceCollection services)
    {
        services.AddSingleton<TokenCredential>(this);
        services.AddSingleton(Options());
    }

    /// <summary>A transport of the real SDK that leads to this machine.</summary>
    public SecretClientOptions Options() => new()
    {
        Transport = new HttpClientTransport(new HttpClient(new ToLocal(new Uri(_app.Urls.Single())))),
        Retry = { MaxRetries = 0 },
    };

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        Scopes = requestContext.Scopes;
        return new AccessToken(Token, DateTimeOffset.UtcNow.AddHours(1));
    }

    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        ValueTask.FromResult(GetToken(requestContext, cancellationToken));

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private IResult Get(HttpContext http, string name)
    {
        if (http.Request.Headers.Authorization != $"Bearer {Token}")
        {
            http.Response.Headers.WWWAuthenticate = """Bearer authorization="https://login.microsoftonline.com/00000000-0000-0000-0000-000000000001", resource="https://vault.azure.net" """;
            return Results.Unauthorized();
        }

        return Secrets.TryGetValue(name, out string? value)
            ? Results.Json(new { value, id = $"{Address}secrets/{name}/1", attributes = new { enabled = true } })
            : Results.Json(new { error = new { code = "SecretNotFound", message = $"A secret with name {name} was not found in this key vault." } }, statusCode: 404);
    }

    private sealed class ToLocal(Uri local) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => base.SendAsync(Redirected(request), cancellationToken);

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) => base.Send(Redirected(request), cancellationToken);

        private HttpRequestMessage Redirected(HttpRequestMessage request)
        {
            request.RequestUri = new Uri(local, request.RequestUri!.PathAndQuery);
            return request;
        }
    }
}
