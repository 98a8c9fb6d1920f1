using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Dapr.Client;

/// <summary>One pooled HTTP connection to the sidecar: adds the token, turns failures into <see cref="DaprException"/>.</summary>
internal sealed class SidecarConnection(HttpClient http, string endpoint, string? apiToken) : IDisposable
{
    private const int ErrorTextLimitChars = 1024;

    internal string Endpoint => endpoint;

    public void Dispose() => http.Dispose();

    /// <summary>Sends as it is; the caller judges the status.</summary>
    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(apiToken))
        {
            request.Headers.TryAddWithoutValidation(SidecarAddress.TokenHeader, apiToken);
        }
        return http.SendAsync(request, cancellationToken);
    }

    /// <summary>
    /// Sends and returns a successful answer, or one with the status <paramref name="tolerated"/>.
    /// Everything else throws, with the official client's sentence for <paramref name="area"/>.
    /// </summary>
    internal async Task<HttpResponseMessage> CallAsync(string area, HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken, string? ifMatch = null, HttpStatusCode? tolerated = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(endpoint + path)) { Content = content };
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }
        HttpResponseMessage response;
        try
        {
            response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException failure)
        {
            throw Failed(area, failure);
        }
        if (response.IsSuccessStatusCode || response.StatusCode == tolerated)
        {
            return response;
        }
        using (response)
        {
            throw Failed(area, await DescribeAsync(response, method, path, cancellationToken).ConfigureAwait(false));
        }
    }

    internal static HttpContent Json(byte[] utf8, string mediaType = "application/json")
    {
        var content = new ByteArrayContent(utf8);
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return content;
    }

    /// <summary><c>?metadata.k=v&amp;…</c>, or an empty string.</summary>
    internal static string Query(IEnumerable<KeyValuePair<string, string>>? metadata, params (string Name, string? Value)[] others)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in others)
        {
            Append(text, name, value);
        }
        foreach (var (name, value) in metadata ?? [])
        {
            Append(text, "metadata." + Uri.EscapeDataString(name), value);
        }
        return text.ToString();
    }

    private static void Append(StringBuilder text, string name, string? value)
    {
        if (value is not null)
        {
            text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }

    private static DaprException Failed(string area, HttpRequestException inner) =>
        new($"{area} operation failed: the Dapr endpoint indicated a failure. See InnerException for details.", inner);

    private static async Task<HttpRequestException> DescribeAsync(HttpResponseMessage response, HttpMethod method, string path, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        var shown = text.Length <= ErrorTextLimitChars ? text : text[..ErrorTextLimitChars];
        var status = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
        return new HttpRequestException($"{method} {path} was answered with {status}: {shown}", null, response.StatusCode);
    }
}
