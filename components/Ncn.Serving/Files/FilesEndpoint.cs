using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;

namespace Ncn.Serving.Files;

/// <summary><c>/v1/files</c>: upload, list, read and delete (OpenAI API reference, "Files").</summary>
public sealed class FilesEndpoint(FileStore files, Accounts accounts, IOptions<FilesOptions> options)
{
    private const int MaxFields = 16;
    private const int FieldBytes = 16 * 1024;
    private const int HourSeconds = 3600;

    public Task UploadAsync(HttpContext http) => OpenAiEdge.RunAsync(http, async () =>
    {
        var form = await ReadFormAsync(http);
        var file = form.Files.GetFile("file") ?? throw Bad("missing_required_parameter", "The form has no file; send it in the field named file.", "file");
        var purpose = form["purpose"].ToString();
        if (purpose != StoredFile.BatchPurpose)
        {
            throw Bad("invalid_value", "purpose must be batch: files for other purposes are not kept here.", "purpose");
        }

        await using var content = file.OpenReadStream();
        var kept = await files.AddAsync(accounts.Of(http), file.FileName, purpose, content, file.Length, Lifetime(form), http.RequestAborted);
        await WriteAsync(http, kept.ToJson());
    });

    public Task ListAsync(HttpContext http) => OpenAiEdge.RunAsync(http, async () =>
    {
        var purpose = http.Request.Query["purpose"].ToString();
        var all = await files.ListAsync(accounts.Own(http), http.RequestAborted);
        var wanted = all.Where(file => purpose.Length == 0 || file.Purpose == purpose).ToArray();
        await WriteAsync(http, Page.Of(http, wanted, static file => file.Id, static file => file.ToJson()));
    });

    public Task GetAsync(HttpContext http, string id) => OpenAiEdge.RunAsync(http, async () =>
        await WriteAsync(http, (await files.FindAsync(accounts.Of(http), id, http.RequestAborted)).ToJson()));

    public Task ContentAsync(HttpContext http, string id) => OpenAiEdge.RunAsync(http, async () =>
    {
        var account = accounts.Of(http);
        var file = await files.FindAsync(account, id, http.RequestAborted);
        await using var content = await files.OpenAsync(account, file, http.RequestAborted);
        http.Response.ContentType = "application/octet-stream";
        http.Response.ContentLength = file.Bytes;
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.ContentDisposition = "attachment";
        await content.CopyToAsync(http.Response.Body, http.RequestAborted);
    });

    public Task DeleteAsync(HttpContext http, string id) => OpenAiEdge.RunAsync(http, async () =>
    {
        var account = accounts.Of(http);
        await files.DeleteAsync(account, await files.FindAsync(account, id, http.RequestAborted), http.RequestAborted);
        await WriteAsync(http, new { id, @object = "file", deleted = true });
    });

    private async Task<IFormCollection> ReadFormAsync(HttpContext http)
    {
        if (!http.Request.HasFormContentType)
        {
            throw Bad("invalid_content_type", "A file is sent as multipart/form-data with the fields file and purpose.", null);
        }

        try
        {
            return await http.Request.ReadFormAsync(
                new FormOptions
                {
                    MultipartBodyLengthLimit = options.Value.MaxBytes, ValueCountLimit = MaxFields, ValueLengthLimit = FieldBytes, BufferBody = false,
                },
                http.RequestAborted);
        }
        catch (InvalidDataException broken)
        {
            throw new ApiException(new ApiError(
                413, "invalid_form", $"The form cannot be read: {broken.Message} A file may have {options.Value.MaxBytes} bytes.", "file"));
        }
    }

    private TimeSpan? Lifetime(IFormCollection form)
    {
        var text = form["expires_after[seconds]"].ToString();
        return text.Length == 0 ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds >= HourSeconds ? TimeSpan.FromSeconds(seconds)
            : throw Bad("invalid_value", $"expires_after[seconds] must be a whole number from {HourSeconds}; files are kept for at most {options.Value.KeptHours} hours.", "expires_after");
    }

    private static Task WriteAsync(HttpContext http, object body) => http.Response.WriteAsJsonAsync(body, OpenAiJson.Options, http.RequestAborted);

    private static ApiException Bad(string code, string message, string? parameter) => new(ApiError.BadRequest(code, message, parameter));
}
