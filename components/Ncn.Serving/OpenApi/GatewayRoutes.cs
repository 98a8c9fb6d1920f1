namespace Ncn.Serving.OpenApi;

/// <summary>Every route of a gateway: what is documented, what metrics tell apart, and what tests hold the apps to.</summary>
public static class GatewayRoutes
{
    /// <summary>The label of a path that no route has.</summary>
    public const string Unknown = "unknown";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ApiRoute> All { get; } = [.. OpenAiRoutes.All, .. InferenceRoutes.All, .. NetworkRoutes.All];

    private static readonly ILookup<int, ApiRoute> ByLength = All.ToLookup(static route => route.Parts.Length);

    /// <summary>The template of the route that a call asks for; <see cref="Unknown"/> when there is none, so that callers invent no labels.</summary>
    public static string TemplateOf(string method, string path)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(path);
        var trimmed = path.AsSpan().Trim('/');
        ApiRoute? found = null;
        foreach (var route in ByLength[trimmed.IsEmpty ? 0 : trimmed.Count('/') + 1])
        {
            if (string.Equals(route.Method, method, StringComparison.OrdinalIgnoreCase) && Fits(route, trimmed) && (found is null || IsCloser(route, found)))
            {
                found = route;
            }
        }

        return found?.Path ?? Unknown;
    }

    private static bool Fits(ApiRoute route, ReadOnlySpan<char> path)
    {
        var index = 0;
        foreach (var range in path.Split('/'))
        {
            var part = route.Parts[index++];
            if (part[0] != '{' && !path[range].Equals(part, StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        return true;
    }

    // Of two that fit, the one that is literal where the other is not.
    private static bool IsCloser(ApiRoute route, ApiRoute other)
    {
        for (var i = 0; i < route.Parts.Length; i++)
        {
            if ((route.Parts[i][0] == '{') != (other.Parts[i][0] == '{'))
            {
                return other.Parts[i][0] == '{';
            }
        }

        return false;
    }
}
