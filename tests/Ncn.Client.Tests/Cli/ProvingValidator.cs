using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Ncn.Protocol;

namespace Ncn.Client.Tests.Cli;

/// <summary>The one route of a validator that rewards need, over HTTP.</summary>
internal sealed class ProvingValidator : IAsyncDisposable
{
    private readonly WebApplication app;

    private ProvingValidator(WebApplication app) => this.app = app;

    public string Url => app.Urls.First();

    /// <summary>What it proves from.</summary>
    public RewardTree? Tree { get; set; }

    public static async Task<ProvingValidator> StartAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var validator = new ProvingValidator(builder.Build());
        validator.app.MapGet("ncn/v1/ledger/rewards/{account}", (string account) => validator.Prove(Address.Parse(account)));
        await validator.app.StartAsync();
        return validator;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private IResult Prove(Address account) => Tree is { } tree && (account == tree.First.Account || account == tree.Second.Account)
        ? Results.Json(
            new { subnet = tree.Subnet, token = tree.Token, cumulative = tree.AmountOf(account), root = tree.Root, proof = new[] { tree.ProofOf(account) } }, ProtocolJson.Options)
        : Results.Problem("It has earned nothing.", statusCode: StatusCodes.Status404NotFound);
}
