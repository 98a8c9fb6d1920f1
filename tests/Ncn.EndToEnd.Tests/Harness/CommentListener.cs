using System.IO.Pipelines;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>Passes everything on as it comes, and tells when a comment of an event stream goes by.</summary>
internal sealed class CommentListener(Action heard) : DelegatingHandler(new SocketsHttpHandler())
{
    private const int PieceBytes = 4096;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var (pipe, from) = (new Pipe(), response.Content);
        _ = CopyAsync(await from.ReadAsStreamAsync(cancellationToken), pipe.Writer);
        response.Content = new StreamContent(pipe.Reader.AsStream());
        foreach (var (name, values) in from.Headers)
        {
            response.Content.Headers.TryAddWithoutValidation(name, values);
        }

        return response;
    }

    // What breaks off here breaks off there.
    private async Task CopyAsync(Stream from, PipeWriter to)
    {
        Exception? failure = null;
        try
        {
            var buffer = new byte[PieceBytes];
            for (var read = await from.ReadAsync(buffer); read > 0; read = await from.ReadAsync(buffer))
            {
                await to.WriteAsync(buffer.AsMemory(0, read));
                if (buffer.AsSpan(0, read).IndexOf(": ping\n\n"u8) >= 0)
                {
                    heard();
                }
            }
        }
        catch (IOException broken)
        {
            failure = broken;
        }

        await to.CompleteAsync(failure);
    }
}
