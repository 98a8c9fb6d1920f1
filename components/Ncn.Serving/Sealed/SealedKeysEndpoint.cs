using Microsoft.AspNetCore.Http;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Sealed;

/// <summary>
/// <c>GET /v1/models/{model}/sealed-keys</c>: the records of the nodes that serve a model and take sealed requests, as their operators
/// signed them. A client verifies the signature, and decides whom it trusts: this gateway's word counts for nothing in that.
/// </summary>
public sealed class SealedKeysEndpoint(RoutingTable routing, SubnetTerms terms, TimeProvider time)
{
    public Task GetAsync(HttpContext http, string model) => Edge.RunAsync(http, OpenAiError.WriteAsync, async () =>
    {
        var now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        var serving = (await routing.GetAsync(http.RequestAborted)).Nodes
            .Where(node => node.Record.ExpiresAt > now && !node.IsDraining && node.Record.Models.Any(offer => offer.Name == model && terms.Admits(offer)))
            .ToArray();
        if (serving.Length == 0)
        {
            throw new ApiException(ModelsEndpoint.ModelNotFound(model));
        }

        var nodes = serving.Where(static node => node.Record.EncryptionKey.Length > 0 && node.Signature is not null).Select(Describe).ToArray();
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.WriteAsJsonAsync(new { @object = "list", model, nodes }, ProtocolJson.Options, http.RequestAborted);
    });

    private static object Describe(NodeView node) => new { record = new { message = node.Record, signature = node.Signature }, node.FreeSlots };
}
