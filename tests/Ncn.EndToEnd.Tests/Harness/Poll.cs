using System.Diagnostics;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>Waits for a condition with a deadline; silence of a server is not yet.</summary>
internal static class Poll
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(30);

    public static Task UntilAsync(string condition, Func<Task<bool>> holds, TimeSpan? limit = null) =>
        ForAsync(condition, async () => await holds() ? "yes" : null, limit);

    /// <summary>The first answer that is not null.</summary>
    public static async Task<T> ForAsync<T>(string condition, Func<Task<T?>> ask, TimeSpan? limit = null)
        where T : class
    {
        var (waited, silence) = (Stopwatch.StartNew(), (Exception?)null);
        while (waited.Elapsed < (limit ?? TimeSpan.FromMinutes(3)))
        {
            try
            {
                if (await ask() is { } answer)
                {
                    return answer;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException or Ncn.Chain.ChainUnavailableException)
            {
                silence = exception;
            }

            await Task.Delay(Interval);
        }

        throw new TimeoutException($"After {waited.Elapsed.TotalSeconds:0} s it did not hold that {condition}. {silence?.Message}");
    }
}
