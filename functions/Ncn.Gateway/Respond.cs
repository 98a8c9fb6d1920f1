using Microsoft.AspNetCore.Http;

namespace Ncn.Gateway;

/// <summary>The endpoints write to the response themselves, so that streams are not buffered; the function returns nothing more.</summary>
internal static class Respond
{
    public static async Task<IResult> Written(Task writing)
    {
        await writing;
        return Results.Empty;
    }
}
