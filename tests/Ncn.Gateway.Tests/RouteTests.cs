using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Ncn.Serving.OpenApi;

namespace Ncn.Gateway.Tests;

/// <summary>The functions and the table of routes say the same.</summary>
public sealed class RouteTests
{
    /// <summary>It takes whatever no other function takes, and is documented nowhere.</summary>
    private const string CatchAll = "UnknownUrl";

    [Fact]
    public void Every_function_is_in_the_table_and_every_route_has_its_function() =>
        Assert.Equal(GatewayRoutes.All.Select(Text).Order(StringComparer.Ordinal), Functions().Select(Text).Order(StringComparer.Ordinal));

    [Fact]
    public void Operations_are_told_apart()
    {
        Assert.Equal(GatewayRoutes.All.Count, GatewayRoutes.All.Select(static route => route.Operation).Distinct().Count());
        Assert.Equal(GatewayRoutes.All.Count, GatewayRoutes.All.Select(static route => route.Method + route.Path).Distinct().Count());
    }

    [Theory]
    [InlineData("GET", "/v1/models", "/v1/models")]
    [InlineData("GET", "/v1/models/", "/v1/models")]
    [InlineData("GET", "/v1/models/tiny-chat", "/v1/models/{model}")]
    [InlineData("get", "/V1/Models/x/sealed-keys", "/v1/models/{model}/sealed-keys")]
    [InlineData("POST", "/v2/models/a/versions/b/infer", "/v2/models/{model}/versions/{version}/infer")]
    [InlineData("POST", "/v1/models", GatewayRoutes.Unknown)]
    [InlineData("GET", "/", GatewayRoutes.Unknown)]
    [InlineData("GET", "", GatewayRoutes.Unknown)]
    [InlineData("GET", "/no/such/path", GatewayRoutes.Unknown)]
    [InlineData("GET", "/a/b/c/d/e/f/g/h/i", GatewayRoutes.Unknown)]
    public void A_path_has_the_template_of_its_route(string method, string path, string template) =>
        Assert.Equal(template, GatewayRoutes.TemplateOf(method, path));

    private static IEnumerable<ApiRoute> Functions() =>
        from type in typeof(Program).Assembly.GetExportedTypes()
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        let function = method.GetCustomAttribute<FunctionAttribute>()
        where function is not null && function.Name != CatchAll
        let trigger = method.GetParameters().Select(static parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(static trigger => trigger is not null)
        where trigger is not null
        from verb in trigger.Methods!
        select new ApiRoute(verb.ToUpperInvariant(), "/" + trigger.Route, function.Name, string.Empty, string.Empty);

    private static string Text(ApiRoute route) => $"{route.Method} {route.Path} {route.Operation}";
}
