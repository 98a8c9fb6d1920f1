using System.Text.Json.Nodes;
using Ncn.Serving.OpenApi;

namespace Ncn.Gateway.Tests;

/// <summary>The document is whole: every route is in it, every reference leads somewhere, every schema is used.</summary>
public sealed class DocumentTests
{
    private static readonly JsonObject Document = JsonNode.Parse(OpenApiDocument.Write(GatewayRoutes.All, "http://127.0.0.1:8080"))!.AsObject();

    private static JsonObject Schemas => Document["components"]!["schemas"]!.AsObject();

    [Fact]
    public void Every_route_is_in_the_document_with_its_parameters()
    {
        Assert.Equal("3.1.0", (string?)Document["openapi"]);
        foreach (var route in GatewayRoutes.All)
        {
            var operation = Document["paths"]![route.Path]![route.Method == "GET" ? "get" : route.Method == "POST" ? "post" : "delete"]!;
            Assert.Equal(route.Operation, (string?)operation["operationId"]);
            var named = (operation["parameters"]?.AsArray() ?? []).Where(static parameter => (string?)parameter!["in"] == "path").Select(static parameter => "{" + parameter!["name"] + "}");
            Assert.Equal(route.Path.Split('/').Where(static part => part.StartsWith('{')), named);
            Assert.Equal(route.IsPaid, operation["responses"]!["402"] is not null);
            Assert.Equal(route.MayAnswerLater, operation["responses"]!["202"] is not null);
            Assert.Equal(route.Request is not null, operation["requestBody"] is not null);
        }

        Assert.Equal(GatewayRoutes.All.Select(static route => route.Path).Distinct().Count(), Document["paths"]!.AsObject().Count);
    }

    [Fact]
    public void Every_reference_leads_to_a_schema_and_every_schema_is_referred_to()
    {
        HashSet<string> referred = [.. References(Document)];
        Assert.Equal(Schemas.Select(static schema => "#/components/schemas/" + schema.Key).Order(StringComparer.Ordinal), referred.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Required_members_are_described()
    {
        foreach (var schema in Nodes(Schemas).OfType<JsonObject>().Where(static node => node["required"] is JsonArray && node["properties"] is JsonObject))
        {
            Assert.All(schema["required"]!.AsArray(), name => Assert.NotNull(schema["properties"]![(string)name!]));
        }
    }

    private static IEnumerable<string> References(JsonNode node) =>
        Nodes(node).OfType<JsonObject>().Where(static part => part["$ref"] is JsonValue).Select(static part => (string)part["$ref"]!);

    private static IEnumerable<JsonNode?> Nodes(JsonNode? node) => node switch
    {
        JsonObject container => [node, .. container.SelectMany(static member => Nodes(member.Value))],
        JsonArray array => [node, .. array.SelectMany(Nodes)],
        _ => [node],
    };
}
