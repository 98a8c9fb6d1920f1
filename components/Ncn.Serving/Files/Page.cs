using System.Globalization;
using Microsoft.AspNetCore.Http;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Files;

/// <summary>One page of a list as OpenAI's clients walk through it: <c>after</c>, <c>limit</c> and <c>order</c>.</summary>
internal static class Page
{
    private const int DefaultLimit = 20;
    private const int MaxLimit = 1000;

    /// <param name="newestFirst">All entries, the newest first.</param>
    public static object Of<T>(HttpContext http, IReadOnlyList<T> newestFirst, Func<T, string> idOf, Func<T, object> toJson)
    {
        var (page, more) = Cut(http, newestFirst, idOf);
        return Of(page.Select(toJson), page.Count == 0 ? null : idOf(page[0]), page.Count == 0 ? null : idOf(page[^1]), more);
    }

    public static object Of(IEnumerable<object> data, string? first, string? last, bool more) => new
    {
        @object = "list",
        data,
        first_id = first,
        last_id = last,
        has_more = more,
    };

    public static (IReadOnlyList<T> Page, bool More) Cut<T>(HttpContext http, IReadOnlyList<T> newestFirst, Func<T, string> idOf)
    {
        var query = http.Request.Query;
        var ordered = query["order"] == "asc" ? newestFirst.Reverse() : newestFirst;
        var after = query["after"].ToString();
        var rest = after.Length == 0 ? ordered : ordered.SkipWhile(entry => idOf(entry) != after).Skip(1);
        var limit = Limit(query["limit"].ToString());
        var page = rest.Take(limit + 1).ToArray();
        return (page.Length > limit ? page[..limit] : page, page.Length > limit);
    }

    private static int Limit(string text) => text.Length == 0 ? DefaultLimit
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MaxLimit ? limit
        : throw new ApiException(ApiError.BadRequest("invalid_value", $"limit must be a whole number from 1 to {MaxLimit}.", "limit"));
}
