using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Ncn.Serving.Hosting;

namespace Ncn.Gateway;

/// <summary>Whatever no other function takes: an error in the protocol's shape instead of an empty one.</summary>
public static class UnknownUrlFunctions
{
    [Function("UnknownUrl")]
    public static Task<IResult> Unknown(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = "{*path}")]
        HttpRequest request) =>
        Respond.Written(UnknownUrl.WriteAsync(request.HttpContext));
}
