using System.Globalization;
using System.Text.Json;
using Ncn.Consensus.Wire;
using Ncn.Hosting;
using Ncn.Protocol;
using Ncn.Validator.Engine;
using Ncn.Validator.Hosting;
using Ncn.Verification;

namespace Ncn.Validator.Api;

/// <summary>What a validator tells anybody, and takes from anybody.</summary>
internal static class LedgerEndpoints
{
    internal const string StatusPath = "/ncn/v1/ledger/status";
    private const int MostBytes = 16 * 1024;
    private const int MostSeconds = 60;

    internal static void MapLedger(this WebApplication app)
    {
        app.MapPost("/ncn/v1/ledger/operations", TakeAsync);
        app.MapGet(StatusPath, static (ValidatorHost host) => Json(host.Status()));
        app.MapGet("/ncn/v1/ledger/standing", static (HttpContext http, ValidatorHost host) => host.Standing()?.Answer(http) ?? Unknown());
        app.MapGet("/ncn/v1/ledger/rewards/{account}", Reward);
        app.MapGet("/ncn/v1/validator/probes", Probes);
        app.MapGet("/ncn/v1/ledger/penalties", static (ValidatorHost host) => host.Statement is { } statement ? Json(Penalties(statement.Root, statement.Stated)) : Json(Array.Empty<PenaltyAnswer>()));
    }

    // Public figures of requests that nobody is to recognise would tell when one was sent.
    private static IResult Probes(HttpContext http, ValidatorHost host, IConfiguration configuration) =>
        !OperatorSecret.IsIn(http.Request.Headers.Authorization, configuration["Ncn:Operator:Token"]) ? Results.Problem(OperatorSecret.Demand, statusCode: StatusCodes.Status401Unauthorized)
        : host.Probes() is { } report ? Json(report)
        : Results.Problem("This validator sends no requests of its own: set Ncn:Validator:Probes.", statusCode: StatusCodes.Status404NotFound);

    private static async Task<IResult> TakeAsync(HttpContext http, ValidatorHost host)
    {
        if (host.Engine is not { } engine)
        {
            return Results.Problem("This validator is not in the network yet: ask another one, or again in a while.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }

        if (await BoundedBody.ReadAsync(http.Request, MostBytes, http.RequestAborted) is not { } body)
        {
            return Results.Problem($"An operation has at most {MostBytes} bytes.", statusCode: StatusCodes.Status413PayloadTooLarge);
        }

        if (Read(body) is not { } claimed)
        {
            return Results.Problem("An operation is {\"kind\": number, \"content\": \"0x…\", \"signature\": \"0x…\"}, of a kind that authors sign, with that kind's canonical bytes.", statusCode: StatusCodes.Status400BadRequest);
        }

        var (admission, isFinal) = await SubmitAsync(engine, claimed, WaitOf(http.Request), http.RequestAborted);
        return admission switch
        {
            Admission.Taken or Admission.Known => Results.StatusCode(isFinal ? StatusCodes.Status200OK : StatusCodes.Status202Accepted),
            Admission.Full => Results.Problem("Too many operations wait: send it again later.", statusCode: StatusCodes.Status503ServiceUnavailable),
            _ => Results.Problem("The signature is not that of the operation's author in this network's domain.", statusCode: StatusCodes.Status422UnprocessableEntity),
        };
    }

    private static async Task<(Admission? Admission, bool IsFinal)> SubmitAsync(ValidatorEngine engine, ClaimedOperation claimed, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (wait == TimeSpan.Zero)
        {
            return (engine.Submit(claimed), false);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var final = engine.FinalAsync(claimed, patience.Token);
        var admission = engine.Submit(claimed);
        patience.CancelAfter(admission is Admission.Taken or Admission.Known ? wait : TimeSpan.Zero);
        await final.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return (admission, final.IsCompletedSuccessfully);
    }

    // RFC 7240: an author may wait until its operation is final.
    private static TimeSpan WaitOf(HttpRequest request) =>
        request.Headers["Prefer"].ToString() is var prefer && prefer.StartsWith("wait=", StringComparison.OrdinalIgnoreCase)
        && int.TryParse(prefer.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(Math.Min(seconds, MostSeconds)) : TimeSpan.Zero;

    private static ClaimedOperation? Read(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize<OperationRequest>(body, ProtocolJson.Options) is { } request
                && OperationForm.Read(request.Kind, request.Content.Span) is { IsObservation: false } operation
                ? new ClaimedOperation(operation, request.Signature)
                : default(ClaimedOperation?);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static IResult Reward(string account, ValidatorHost host) =>
        !Address.TryParse(account, out var address) ? Results.Problem("An account is 0x and 40 hex digits.", statusCode: StatusCodes.Status400BadRequest)
        : host.Statement is { } statement && RewardTree.Of(statement.Stated) is var tree && tree.ClaimOf(address) is { } claim
            ? Json(new RewardAnswer(claim.Subnet, claim.Token, claim.Cumulative, tree.Root, claim.Proof))
            : Results.Problem("This account has earned nothing under the newest root that the chain has accepted.", statusCode: StatusCodes.Status404NotFound);

    private static PenaltyAnswer[] Penalties(Hash32 root, VerificationState stated)
    {
        var tree = RewardTree.Of(stated);
        return [.. stated.Penalties.Values.Select(penalty => new PenaltyAnswer(
            penalty.Id, penalty.Role.ToString(), penalty.Operator, penalty.Amount, penalty.Reason, penalty.Epoch, stated.Pardons.Contains(penalty.Id), root, tree.ProofOf(penalty)))];
    }

    private static IResult Unknown() =>
        Results.Problem("This validator has not seen all blocks that the standing follows from: ask another one.", statusCode: StatusCodes.Status503ServiceUnavailable);

    private static IResult Json<T>(T value) => Results.Json(value, ProtocolJson.Options);
}
