using System.Text;
using System.Text.Json;
using Dapr.Actors.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Coordination.Subnets.Policies;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Nodes;

/// <summary>What a gateway offers to nodes: the subnet's description, join, heartbeat, leave, and the routing view (ARCHITECTURE.md, "Wiring").</summary>
public sealed class NodesEndpoint(
    IActorProxyFactory actors, RoutingTable routing, SubnetTerms terms, NodeWallet wallet, AddressGuard addresses, GatewayIdentity identity, IOptions<GatewayOptions> options)
{
    private const int MaxRecordBytes = 64 * 1024;
    private const int MaxReceiptBytes = 8 * 1024;

    /// <summary>The subnet's description and its rules. It is answered without the registry too: a node reads it to begin.</summary>
    public async Task SubnetAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (routing.IsReady)
        {
            await routing.GetAsync(http.RequestAborted);
        }

        var rules = terms.Rules;
        await http.Response.WriteAsJsonAsync(
            new
            {
                subnet = options.Value.Subnet,
                name = options.Value.SubnetName,
                modelKinds = options.Value.Kinds,
                gateway = identity.Address,
                chainId = identity.ChainId,
                token = identity.Token,
                inferencePayment = identity.PaymentsDomain.VerifyingContract,
                validatorRegistry = identity.NetworkDomain.VerifyingContract,
                owner = rules.Owner,
                parameters = rules.Parameters,
                proposed = rules.Proposed,
                policy = new
                {
                    hash = rules.PolicyHash,
                    isNamedByChain = rules.PolicyHash is not null && rules.PolicyHash == rules.Parameters?.Policy,
                    preparedHash = rules.PreparedPolicyHash,
                    document = rules.Policy is { } text ? JsonSerializer.Deserialize<JsonElement>(text) : (JsonElement?)null,
                },
                terms = new { terms.MarginBasisPoints, terms.FreeTier, terms.VerificationFloor },
            },
            ProtocolJson.Options, http.RequestAborted);
    }

    /// <summary>Anybody brings the policy document whose hash the chain names.</summary>
    public Task PolicyAsync(HttpContext http) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var body = await RequestBody.ReadAsync(http.Request, PolicyReader.MaxBytes, http.RequestAborted);
        var actor = Subnet();
        var result = await actor.PublishPolicyAsync(new PolicyText(Encoding.UTF8.GetString(body)));
        if (!result.Accepted)
        {
            throw new ApiException(new ApiError(StatusCodes.Status422UnprocessableEntity, "policy_refused", result.Reason));
        }

        terms.Apply(await actor.GetRulesAsync());
        await http.Response.WriteAsJsonAsync(result, ProtocolJson.Options, http.RequestAborted);
    });

    public Task JoinAsync(HttpContext http) => HandleAsync<NodeRecord>(http, async (actor, record) =>
        await EndpointProblemAsync(record.Message?.GrpcEndpoint, http.RequestAborted) is { } problem
            ? new NodeResult(Accepted: false, Known: true, problem)
            : await actor.JoinAsync(record));

    public Task HeartbeatAsync(HttpContext http) => HandleAsync<NodeHeartbeat>(http, (actor, heartbeat) => actor.HeartbeatAsync(heartbeat));

    public Task LeaveAsync(HttpContext http) => HandleAsync<NodeLeave>(http, (actor, leave) => actor.LeaveAsync(leave));

    /// <summary>A node proves a running total that this gateway missed; the next voucher covers it.</summary>
    public Task ReceiptAsync(HttpContext http) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var receipt = await ReadAsync<Signed<Receipt>>(http, MaxReceiptBytes);
        if (receipt.Message is null)
        {
            throw new ApiException(ApiError.BadRequest("invalid_receipt", "The receipt has no message; send {message, signature}."));
        }

        await http.Response.WriteAsJsonAsync(new { recognized = await wallet.RecognizeAsync(receipt) }, ProtocolJson.Options, http.RequestAborted);
    });

    public async Task ListAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        await Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
            await http.Response.WriteAsJsonAsync(await routing.GetAsync(http.RequestAborted), ProtocolJson.Options, http.RequestAborted));
    }

    /// <summary>Why jobs cannot be sent to an endpoint; null when they can. Malformed ones are the registry's to refuse.</summary>
    private async Task<string?> EndpointProblemAsync(string? text, CancellationToken cancellationToken)
    {
        if (!NodeEndpoint.TryParse(text, out var endpoint))
        {
            return null;
        }

        if (!endpoint.IsTls && !endpoint.IsLoopback && !options.Value.AllowPlainNodes)
        {
            return $"the endpoint {endpoint} speaks no TLS, and this gateway sends jobs unencrypted to its own machine only: set Ncn:Worker:Tls to on (or Ncn:Gateway:AllowPlainNodes on a network that is trusted).";
        }

        try
        {
            await addresses.ResolveAsync(endpoint.Host, cancellationToken);
            return null;
        }
        catch (AddressRefusedException refused)
        {
            return $"the endpoint {refused.Message}, and this gateway calls no other: set Ncn:Worker:AdvertisedHost to a public name (or Ncn:Gateway:AllowPrivateNodes where all nodes are the operator's own).";
        }
    }

    private ISubnetActor Subnet() => actors.CreateActorProxy<ISubnetActor>(ActorTypes.IdOf(new SubnetId(options.Value.Subnet)), ActorTypes.Subnet);

    private Task HandleAsync<T>(HttpContext http, Func<ISubnetActor, Signed<T>, Task<NodeResult>> call)
        where T : ITypedData
    {
        ArgumentNullException.ThrowIfNull(http);
        return Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
        {
            var message = await ReadAsync<Signed<T>>(http, MaxRecordBytes);
            var result = await call(Subnet(), message);
            http.Response.StatusCode = result.Accepted || !result.Known ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity;
            await http.Response.WriteAsJsonAsync(result, ProtocolJson.Options, http.RequestAborted);
        });
    }

    internal static async Task<T> ReadAsync<T>(HttpContext http, int maxBytes)
        where T : class
    {
        var body = await RequestBody.ReadAsync(http.Request, maxBytes, http.RequestAborted);
        try
        {
            return JsonSerializer.Deserialize<T>(body, ProtocolJson.Strict) ?? throw new JsonException("the body is null");
        }
        catch (JsonException malformed)
        {
            throw new ApiException(ApiError.BadRequest(
                "invalid_json", $"The body is not the expected message; see {malformed.Path ?? "its start"} and send it as ARCHITECTURE.md describes."));
        }
    }
}
