using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>Maps each HTTP function to a route of ASP.NET Core's endpoint routing.</summary>
internal sealed class HttpTriggerHost(FunctionSet functions, IConfiguration configuration, IHostEnvironment environment, ILogger<HttpTriggerHost> logger)
    : ITriggerHost
{
    public Type TriggerType => typeof(HttpTriggerAttribute);

    public void Attach(WebApplication app)
    {
        var prefix = HostFile.RoutePrefix(environment.ContentRootPath);
        foreach (var function in functions.TriggeredBy<HttpTriggerAttribute>())
        {
            Map(app, prefix, function, (HttpTriggerAttribute)function.Trigger);
        }
    }

    private void Map(WebApplication app, string prefix, FunctionDescriptor function, HttpTriggerAttribute trigger)
    {
        RefuseKeys(function, trigger);
        RefuseOtherResults(function);
        var route = HostSettings.Resolve(trigger.Route ?? function.Name, configuration, function.Name).Trim('/');
        var pattern = prefix.Length == 0 ? $"/{route}" : $"/{prefix}/{route}";
        var endpoint = new HttpFunctionEndpoint(function, HttpParameters.Compile(function), functions.Pipeline, logger);
        var mapped = trigger.Methods is { Length: > 0 } methods
            ? app.MapMethods(pattern, methods.Select(method => method.ToUpperInvariant()), endpoint.HandleAsync)
            : app.Map(pattern, endpoint.HandleAsync);
        mapped.WithDisplayName(function.Name);
    }

    private static void RefuseKeys(FunctionDescriptor function, HttpTriggerAttribute trigger)
    {
        if (trigger.AuthLevel != AuthorizationLevel.Anonymous)
        {
            throw FunctionDiscovery.Invalid(
                function.Name, $"asks for AuthorizationLevel.{trigger.AuthLevel}; keys are checked by a real Functions host, and without one only Anonymous can be served");
        }
    }

    private static void RefuseOtherResults(FunctionDescriptor function)
    {
        var returned = function.Method.ReturnType;
        var result = returned.IsGenericType && returned.GetGenericTypeDefinition() == typeof(Task<>) ? returned.GetGenericArguments()[0] : returned;
        var written = result == typeof(void) || result == typeof(Task)
            || typeof(IResult).IsAssignableFrom(result) || typeof(IActionResult).IsAssignableFrom(result);
        if (!written)
        {
            throw FunctionDiscovery.Invalid(function.Name, $"returns {result}; an HTTP function returns IResult, IActionResult or nothing");
        }
    }
}
