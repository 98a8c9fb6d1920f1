using System.Threading.Channels;

namespace Ncn.ComputeWorker.Tests;

/// <summary>Waits for a condition that another thread brings about.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    /// <summary>The next message that a gateway is sent.</summary>
    public static Task<T> NextAsync<T>(Channel<T> messages) => messages.Reader.ReadAsync().AsTask().WaitAsync(Limit);

    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!await condition())
        {
            Assert.False(limit.IsCancellationRequested, $"Never happened: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
        }
    }
}
