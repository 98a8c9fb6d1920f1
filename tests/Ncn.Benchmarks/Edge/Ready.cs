using System.Text;

namespace Ncn.Benchmarks.Edge;

/// <summary>Waits until contenders answer as they should.</summary>
internal static class Ready
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task AllAsync(IEnumerable<Contender> contenders)
    {
        foreach (Contender contender in contenders)
        {
            await AnswersAsync(contender);
        }
    }

    private static async Task AnswersAsync(Contender contender)
    {
        using var http = new HttpClient { Timeout = Patience };
        string last = "nothing";
        long start = Environment.TickCount64;
        while (Environment.TickCount64 - start < Patience.TotalMilliseconds)
        {
            try
            {
                using HttpRequestMessage request = Request(contender);
                using HttpResponseMessage answer = await http.SendAsync(request);
                last = await answer.Content.ReadAsStringAsync();
                if (answer.IsSuccessStatusCode && last.Contains(MockModel.Piece, StringComparison.Ordinal))
                {
                    return;
                }
            }
            catch (HttpRequestException unreachable)
            {
                last = unreachable.Message;
            }

            await Task.Delay(100);
        }

        throw new BenchmarkFailedException($"{contender.Name} does not answer as it should: {last}");
    }

    /// <summary>One request as the load makes it.</summary>
    public static HttpRequestMessage Request(Contender contender)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(contender.Url, "/v1/chat/completions"))
        {
            Content = new StringContent(contender.Body, Encoding.UTF8, "application/json"),
        };
        foreach (var (name, value) in contender.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (contender.Payments is not null)
        {
            request.Headers.TryAddWithoutValidation("PAYMENT-SIGNATURE", File.ReadLines(contender.Payments(1)).First());
        }

        return request;
    }
}
