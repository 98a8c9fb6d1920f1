using System.Text.Json;
using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Payments.Tests.Channels;

public sealed class RecentRequestsTests
{
    private const int Most = 200;

    [Fact]
    public void Remembers_what_a_plain_map_would_and_forgets_the_oldest()
    {
        var random = new Random(7);
        var recent = RecentRequests.Empty;
        var plain = new Dictionary<string, (Settled Settled, int Order)>(StringComparer.Ordinal);
        for (var step = 0; step < 5_000; step++)
        {
            var key = $"k{random.Next(600)}";
            if (random.Next(4) == 0)
            {
                (recent, _) = (recent.Remove(key), plain.Remove(key));
            }
            else
            {
                var settled = new Settled(new TokenAmount((uint)step), (ulong)step);
                recent = recent.Remember(key, settled, Most);
                plain[key] = (settled, step);
                _ = plain.Count > Most && plain.Remove(plain.MinBy(static entry => entry.Value.Order).Key);
            }

            Assert.Equal(plain.Count, recent.Count);
            Assert.Equal(plain.GetValueOrDefault(key).Settled, recent.TryGetValue(key, out var found) ? found : null);
        }

        Assert.All(plain, entry => Assert.True(recent.TryGetValue(entry.Key, out var kept) && kept == entry.Value.Settled));
    }

    [Fact]
    public void Forgets_those_whose_time_has_come()
    {
        var recent = Remembered(300);

        Assert.Same(recent, recent.Forget(0));
        var later = recent.Forget(150);
        Assert.Equal(150, later.Count);
        Assert.False(later.TryGetValue("k150", out _));
        Assert.True(later.TryGetValue("k151", out _));
        Assert.Empty(recent.Forget(300).Pages);
    }

    [Fact]
    public void A_step_changes_the_newest_page_and_the_oldest()
    {
        var before = Remembered(300);

        var after = before.Remember("one more", new Settled(default, 1_000), most: 300);

        Assert.Equal(2, after.Pages.Count(page => !before.Pages.TryGetValue(page.Key, out var old) || old != page.Value));
        Assert.All(after.Pages.Values, static page => Assert.InRange(page.Length, 1, RecentRequests.PageSize));
    }

    [Fact]
    public void Pages_and_json_bring_it_back()
    {
        var recent = Remembered(130).Remove("k70");

        var paged = RecentRequests.Of(recent.Pages);
        var read = JsonSerializer.Deserialize<RecentRequests>(JsonSerializer.Serialize(recent, ProtocolJson.Options), ProtocolJson.Options)!;

        foreach (var copy in new[] { paged, read })
        {
            Assert.Equal(129, copy.Count);
            Assert.True(copy.TryGetValue("k130", out var last) && last.ForgetAt == 130);
            Assert.False(copy.TryGetValue("k70", out _));
            Assert.Equal(64, copy.Forget(65).Count);
        }
    }

    private static RecentRequests Remembered(int count) => Enumerable.Range(1, count).Aggregate(
        RecentRequests.Empty, static (recent, number) => recent.Remember($"k{number}", new Settled(new TokenAmount((uint)number), (ulong)number), 4096));
}
