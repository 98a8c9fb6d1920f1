using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Ncn.Serving.Observability;

/// <summary>What is noticed of one call: how it ended and how long it took, and what its answer says about the caller's limits.</summary>
/// <param name="headers">Where the limits are told; null where the transport has no place for them.</param>
public sealed class CallWatch(IHeaderDictionary? headers)
{
    private const int Remembered = 2048;
    private static readonly string[] Numbers = [.. Enumerable.Range(0, Remembered).Select(static number => number.ToString(CultureInfo.InvariantCulture))];

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

    private static string Text(int number) => (uint)number < Remembered ? Numbers[number] : number.ToString(CultureInfo.InvariantCulture);
}
