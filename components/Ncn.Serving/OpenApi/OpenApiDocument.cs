using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ncn.Serving.OpenApi;

/// <summary>Writes routes as an OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.0). Schemas are JSON Schema 2020-12, in schemas.json beside this file.</summary>
internal static class OpenApiDocument
{
    private const string SchemaResource = "Ncn.Serving.OpenApi.schemas.json";
    private static readonly string[] PaymentHeaders = ["PAYMENT-SIGNATURE", "X-PAYMENT", "Idempotency-Key", "Prefer"];

    public static byte[] Write(IEnumerable<ApiRoute> routes, string server)
    {
        var paths = new JsonObject();
        foreach (var byPath in routes.GroupBy(static route => route.Path))
        {
            paths[byPath.Key] = new JsonObject([.. byPath.Select(static route => KeyValuePair.Create<string, JsonNode?>(Lower(route.Method), Operation(route)))]);
        }

        return JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "NCN gateway",
                ["version"] = "2",
                ["description"] = "Model inference by the call, paid from an escrow with signed vouchers. Unpaid calls of what costs something are answered with 402 and a price ceiling (x402).",
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = server }),
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = ReadSchemas() },
        });
    }

    internal static JsonObject ReadSchemas()
    {
        using var stream = typeof(OpenApiDocument).Assembly.GetManifestResourceStream(SchemaResource)
            ?? throw new InvalidOperationException($"{SchemaResource} is not in the assembly.");
        return JsonNode.Parse(stream)!.AsObject();
    }

    private static JsonObject Operation(ApiRoute route)
    {
        var operation = new JsonObject
        {
            ["operationId"] = route.Operation,
            ["tags"] = new JsonArray(route.Tag),
            ["summary"] = route.Summary,
            ["responses"] = Responses(route),
        };
        if (Parameters(route) is { Count: > 0 } parameters)
        {
            operation["parameters"] = parameters;
        }

        if (route.Request is { } schema)
        {
            operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content(route.RequestType, schema) };
        }

        return operation;
    }

    private static JsonArray Parameters(ApiRoute route)
    {
        var inPath = route.Parts.Where(static part => part[0] == '{').Select(static part => Parameter(part[1..^1], "path", isRequired: true));
        var inHeaders = route.IsPaid ? PaymentHeaders.Select(static name => Parameter(name, "header", isRequired: false)) : [];
        return [.. inPath.Concat(inHeaders)];
    }

    private static JsonObject Parameter(string name, string place, bool isRequired) => new()
    {
        ["name"] = name, ["in"] = place, ["required"] = isRequired, ["schema"] = new JsonObject { ["type"] = "string" },
    };

    private static JsonObject Responses(ApiRoute route)
    {
        var good = new JsonObject { ["description"] = route.Summary, ["content"] = GoodContent(route) };
        var responses = new JsonObject { [route.Status.ToString(CultureInfo.InvariantCulture)] = good };
        if (route.MayAnswerLater)
        {
            responses["202"] = Response("It waits in the queue, as Prefer: respond-async asks; its url has the answer later", Content("application/json", "QueuedRequest"));
        }

        if (route.IsPaid)
        {
            responses["402"] = Response("Payment is asked for, or the one that came is not enough", Content("application/json", "PaymentRequired"));
        }

        responses["default"] = route.Errors switch
        {
            ErrorShape.OpenAi => Response("Refused or failed", Content("application/json", "OpenAiError")),
            ErrorShape.Inference => Response("Refused or failed", Content("application/json", "InferenceError")),
            _ => Response("Refused or failed", Content("application/problem+json", "Problem")),
        };
        return responses;
    }

    private static JsonObject GoodContent(ApiRoute route)
    {
        var content = route.Response is { } schema ? Content(route.ResponseType, schema)
            : new JsonObject { [route.ResponseType] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } } };
        if (route.Events is { } events)
        {
            content["text/event-stream"] = Reference(events);
        }

        return content;
    }

    private static JsonObject Response(string description, JsonObject content) => new() { ["description"] = description, ["content"] = content };

    private static JsonObject Content(string mediaType, string schema) => new() { [mediaType] = Reference(schema) };

    private static JsonObject Reference(string schema) => new() { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/" + schema } };

    private static string Lower(string method) => method switch
    {
        "GET" => "get",
        "POST" => "post",
        "DELETE" => "delete",
        _ => throw new InvalidOperationException($"{method} is not a method of this gateway."),
    };
}
