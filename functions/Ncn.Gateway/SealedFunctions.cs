using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Ncn.Serving.Sealed;

namespace Ncn.Gateway;

/// <summary>Requests that the gateway routes and cannot read.</summary>
public sealed class SealedFunctions(SealedEndpoint endpoint, SealedKeysEndpoint keys)
{
    [Function("SealedKeys")]
    public Task<IResult> Keys(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/models/{model}/sealed-keys")] HttpRequest request, string model) =>
        Respond.Written(keys.GetAsync(request.HttpContext, model));

    [Function("Sealed")]
    public Task<IResult> Sealed([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/sealed")] HttpRequest request) =>
        Respond.Written(endpoint.HandleAsync(request.HttpContext));
}
