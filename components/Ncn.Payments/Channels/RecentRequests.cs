using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ncn.Payments.Channels;

/// <summary>A request that has ended.</summary>
/// <param name="Key">Its id in hex.</param>
public sealed record RecentRequest(string Key, Settled Settled);

/// <summary>Requests that have ended and may still be repeated, in the order in which they ended.</summary>
/// <remarks>
/// They lie in pages of <see cref="PageSize"/>. A step touches the newest page and the oldest: whoever keeps a ledger writes those two, and
/// no step looks at all that is remembered.
/// </remarks>
[JsonConverter(typeof(RecentRequestsJson))]
public sealed class RecentRequests
{
    /// <summary>Requests on a page.</summary>
    public const int PageSize = 64;

    private readonly ImmutableDictionary<string, long> _pageOf;

    // A page's number is not used again while its channel is used.
    private readonly long _newest;

    private RecentRequests(ImmutableDictionary<string, long> pageOf, ImmutableSortedDictionary<long, ImmutableArray<RecentRequest>> pages, long newest) =>
        (_pageOf, Pages, _newest) = (pageOf, pages, newest);

    /// <summary>Nothing is remembered.</summary>
    public static RecentRequests Empty { get; } = new(
        ImmutableDictionary.Create<string, long>(StringComparer.Ordinal), ImmutableSortedDictionary<long, ImmutableArray<RecentRequest>>.Empty, 0);

    /// <summary>The pages by number, the oldest first; none is empty. A page that did not change is the same array.</summary>
    public ImmutableSortedDictionary<long, ImmutableArray<RecentRequest>> Pages { get; }

    /// <summary>How many requests are remembered.</summary>
    public int Count => _pageOf.Count;

    /// <summary>What was kept as pages.</summary>
    public static RecentRequests Of(IEnumerable<KeyValuePair<long, ImmutableArray<RecentRequest>>> pages)
    {
        var kept = ImmutableSortedDictionary.CreateRange(pages);
        var pageOf = Empty._pageOf.ToBuilder();
        foreach (var (number, page) in kept)
        {
            foreach (var request in page)
            {
                pageOf[request.Key] = number;
            }
        }

        return new RecentRequests(pageOf.ToImmutable(), kept, kept.IsEmpty ? 0 : kept.Keys.Max());
    }

    /// <summary>What became of a request; false when it is not remembered.</summary>
    public bool TryGetValue(string key, [NotNullWhen(true)] out Settled? settled)
    {
        settled = _pageOf.TryGetValue(key, out var number) ? Pages[number][IndexOf(Pages[number], key)].Settled : null;
        return settled is not null;
    }

    /// <summary>Remembers a request as the newest; beyond <paramref name="most"/> the one that is to be forgotten first goes.</summary>
    public RecentRequests Remember(string key, Settled settled, int most)
    {
        var others = Remove(key);
        var number = others._newest;
        var page = others.Pages.GetValueOrDefault(number, []);
        if (page.Length >= PageSize)
        {
            (number, page) = (number + 1, []);
        }

        var next = new RecentRequests(others._pageOf.SetItem(key, number), others.Pages.SetItem(number, page.Add(new RecentRequest(key, settled))), number);
        return next.Count > most ? next.Remove(next.Oldest().MinBy(static request => request.Settled.ForgetAt)!.Key) : next;
    }

    /// <summary>Without one request.</summary>
    public RecentRequests Remove(string key)
    {
        if (!_pageOf.TryGetValue(key, out var number))
        {
            return this;
        }

        var page = Pages[number];
        return new RecentRequests(_pageOf.Remove(key), Put(number, page.RemoveAt(IndexOf(page, key))), _newest);
    }

    /// <summary>Without those whose time has come, as far as they are the oldest; the same object when there are none.</summary>
    /// <param name="now">Unix milliseconds.</param>
    public RecentRequests Forget(ulong now)
    {
        var current = this;
        while (current.Oldest() is { IsEmpty: false } page && page.Any(request => request.Settled.ForgetAt <= now))
        {
            var kept = page.RemoveAll(request => request.Settled.ForgetAt <= now);
            var gone = page.Where(request => request.Settled.ForgetAt <= now).Select(static request => request.Key);
            current = new RecentRequests(current._pageOf.RemoveRange(gone), current.Put(FirstOf(current.Pages), kept), current._newest);
            if (!kept.IsEmpty)
            {
                break;
            }
        }

        return current;
    }

    private ImmutableArray<RecentRequest> Oldest() => Pages.IsEmpty ? [] : Pages[FirstOf(Pages)];

    private ImmutableSortedDictionary<long, ImmutableArray<RecentRequest>> Put(long number, ImmutableArray<RecentRequest> page) =>
        page.IsEmpty ? Pages.Remove(number) : Pages.SetItem(number, page);

    private static long FirstOf(ImmutableSortedDictionary<long, ImmutableArray<RecentRequest>> pages)
    {
        using var all = pages.GetEnumerator();
        return all.MoveNext() ? all.Current.Key : 0;
    }

    private static int IndexOf(ImmutableArray<RecentRequest> page, string key)
    {
        var index = 0;
        while (!string.Equals(page[index].Key, key, StringComparison.Ordinal))
        {
            index++;
        }

        return index;
    }
}

/// <summary>An object with a member for each request: the keys are told apart by it, and their order is that of their ends.</summary>
internal sealed class RecentRequestsJson : JsonConverter<RecentRequests>
{
    public override RecentRequests Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var members = JsonSerializer.Deserialize<Dictionary<string, Settled>>(ref reader, options) ?? [];
        var inOrder = members.Select(static member => new RecentRequest(member.Key, member.Value)).OrderBy(static request => request.Settled.ForgetAt);
        return RecentRequests.Of(inOrder.Chunk(RecentRequests.PageSize).Select(static (page, number) => KeyValuePair.Create((long)number, page.ToImmutableArray())));
    }

    public override void Write(Utf8JsonWriter writer, RecentRequests value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var request in value.Pages.Values.SelectMany(static page => page))
        {
            writer.WritePropertyName(request.Key);
            JsonSerializer.Serialize(writer, request.Settled, options);
        }

        writer.WriteEndObject();
    }
}
