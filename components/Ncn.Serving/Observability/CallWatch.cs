using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;

namespace Ncn.Serving.Observability;

/// <summary>What is noticed of one call: where it comes from, when it came, and what its answer says about the caller's limits.</summary>
/// <param name="route">Its path as a template, for metrics.</param>
/// <param name="remote">Where the client is; null when that is not known.</param>
/// <param name="arrived">A timestamp of the clock.</param>
/// <param name="headers">Where the limits are told; null where the transport has no place for them.</param>
public sealed class CallWatch(string route, IPAddress? remote, long arrived, IHeaderDictionary? headers)
{
    private const int Remembered = 2048;
    private static readonly string[] Numbers = [.. Enumerable.Range(0, Remembered).Select(static number => number.ToString(CultureInfo.InvariantCulture))];

    /// <summary>Its path as a template.</summary>
    public string Route { get; } = route;

    /// <summary>Where the client is, behind the proxies that the gateway trusts.</summary>
    public IPAddress? Remote { get; } = remote;

    internal long Arrived { get; } = arrived;

    /// <summary>Tells how many requests the caller may have running and waiting, and how many more it may send now (OpenAI's header names).</summary>
    public void Limit(int limit, int remaining)
    {
        if (headers is { IsReadOnly: false })
        {
            headers["x-ratelimit-limit-requests"] = Text(limit);
            headers["x-ratelimit-remaining-requests"] = Text(remaining);
            headers["x-ratelimit-reset-requests"] = remaining > 0 ? "0s" : "1s";
        }
    }

    internal static string Text(int number) => (uint)number < Remembered ? Numbers[number] : number.ToString(CultureInfo.InvariantCulture);
}
