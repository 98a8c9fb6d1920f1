using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Serving.Files;
using Ncn.Serving.Tests.Payments;
using Ncn.Serving.Tests.Storage;

namespace Ncn.Serving.Tests.Files;

/// <summary>Files are their account's alone.</summary>
public sealed class FilesEndpointTests : IDisposable
{
    private const string Content = "{\"custom_id\":\"1\"}\n";
    private readonly MemoryGateway _gateway = new();
    private readonly MemoryObjectStore _store;
    private readonly FilesEndpoint _files;

    public FilesEndpointTests()
    {
        var options = Options.Create(new FilesOptions());
        _store = new MemoryObjectStore(_gateway.Time);
        _files = new FilesEndpoint(new FileStore(_store, options, _gateway.Time), new Accounts(_gateway.Identity), options);
    }

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task Another_account_can_neither_see_read_nor_delete_a_file()
    {
        var id = await UploadAsync("Bearer mine");
        foreach (var other in (string?[])["Bearer theirs", "bearer mine", null])
        {
            Assert.Equal(404, (await CallAsync(other, http => _files.GetAsync(http, id))).Status);
            Assert.Equal(404, (await CallAsync(other, http => _files.ContentAsync(http, id))).Status);
            Assert.Equal(404, (await CallAsync(other, http => _files.DeleteAsync(http, id))).Status);
        }

        var (status, body) = await CallAsync("Bearer theirs", _files.ListAsync);
        Assert.Equal((200, 0), (status, Json(body).GetProperty("data").GetArrayLength()));
        Assert.Equal((200, Content), await CallAsync("Bearer mine", http => _files.ContentAsync(http, id)));
    }

    [Fact]
    public async Task Its_own_account_lists_and_deletes_it()
    {
        var id = await UploadAsync("Bearer mine");
        var (_, listed) = await CallAsync("Bearer mine", _files.ListAsync);
        Assert.Equal(id, Assert.Single(Json(listed).GetProperty("data").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal(200, (await CallAsync("Bearer mine", http => _files.DeleteAsync(http, id))).Status);
        Assert.Equal(404, (await CallAsync("Bearer mine", http => _files.GetAsync(http, id))).Status);
    }

    [Fact]
    public async Task Without_an_account_a_file_is_found_by_its_id_and_nothing_is_listed()
    {
        var id = await UploadAsync(null);
        Assert.Equal(200, (await CallAsync(null, http => _files.GetAsync(http, id))).Status);
        Assert.Equal(401, (await CallAsync(null, _files.ListAsync)).Status);
        Assert.Equal(404, (await CallAsync("Bearer mine", http => _files.GetAsync(http, id))).Status);
    }

    [Theory]
    [InlineData("../responses/0x01")]
    [InlineData("file-../../x")]
    [InlineData("")]
    public async Task What_is_no_id_of_a_file_finds_nothing(string id) =>
        Assert.Equal(404, (await CallAsync("Bearer mine", http => _files.GetAsync(http, id))).Status);

    [Fact]
    public async Task A_file_for_another_purpose_is_refused() =>
        Assert.Equal(400, (await CallAsync("Bearer mine", _files.UploadAsync, http => SetForm(http, "fine-tune"))).Status);

    private async Task<string> UploadAsync(string? account)
    {
        var (status, body) = await CallAsync(account, _files.UploadAsync, static http => SetForm(http, "batch"));
        Assert.Equal(200, status);
        return Json(body).GetProperty("id").GetString()!;
    }

    private static void SetForm(DefaultHttpContext http, string purpose)
    {
        const string Boundary = "limit";
        http.Request.ContentType = $"multipart/form-data; boundary={Boundary}";
        http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(
            $"--{Boundary}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n--{Boundary}\r\n"
            + $"Content-Disposition: form-data; name=\"file\"; filename=\"lines.jsonl\"\r\n\r\n{Content}\r\n--{Boundary}--\r\n"));
    }

    private static async Task<(int Status, string Body)> CallAsync(string? account, Func<HttpContext, Task> call, Action<DefaultHttpContext>? prepare = null)
    {
        var http = MemoryGateway.Http();
        http.Request.Method = "POST";
        if (account is not null)
        {
            http.Request.Headers.Authorization = account;
        }

        prepare?.Invoke(http);
        await call(http);
        return (http.Response.StatusCode, Encoding.UTF8.GetString(((MemoryStream)http.Response.Body).ToArray()));
    }

    private static JsonElement Json(string body) => JsonSerializer.Deserialize<JsonElement>(body);
}
