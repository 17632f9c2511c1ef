//! The macros of `tenon-pdk`, which exports them and documents them. They only write glue; what it calls is in `tenon-pdk`.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::{format_ident, quote};
use syn::{parse_macro_input, spanned::Spanned, Error, FnArg, ForeignItem, ForeignItemFn, ItemFn, ItemForeignMod, LitStr, Pat, ReturnType};

/// Makes a function a plug-in function: exported under its own name, its input decoded and its output encoded by type.
///
/// The function takes one argument that is `FromBytes`, or none, and returns an `FnResult` of what is `ToBytes`. It stays a
/// function of Rust as well, which tests can call on any machine.
#[proc_macro_attribute]
pub fn plugin_fn(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let function = parse_macro_input!(item as ItemFn);
    let arguments = Tokens::from(arguments);
    expand_plugin_fn(arguments, &function).unwrap_or_else(Error::into_compile_error).into()
}

fn expand_plugin_fn(arguments: Tokens, function: &ItemFn) -> Result<Tokens, Error> {
    let signature = &function.sig;
    if !arguments.is_empty() {
        return Err(Error::new(arguments.span(), "`plugin_fn` takes no arguments"));
    }
    if signature.asyncness.is_some() || !signature.generics.params.is_empty() {
        return Err(Error::new(signature.span(), "a plug-in function cannot be async or generic"));
    }
    if matches!(signature.output, ReturnType::Default) {
        return Err(Error::new(signature.span(), "a plug-in function returns an `FnResult`, of `()` if it has no output"));
    }
    let name = &signature.ident;
    let export = LitStr::new(&name.to_string(), name.span());
    let call = match signature.inputs.len() {
        0 => quote!(|()| #name()),
        1 => quote!(#name),
        _ => return Err(Error::new(signature.inputs.span(), "a plug-in function takes one argument, its input, or none")),
    };
    Ok(quote! {
        // Its types are named by this crate alone, although it is `pub`.
        #[allow(private_interfaces)]
        #function

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[unsafe(export_name = #export)]
            extern "C" fn export() -> i32 {
                ::tenon_pdk::run(#call)
            }
        };
    })
}

/// Imports functions of the host: an `extern "C"` block becomes safe functions with the types written there.
///
/// Numbers (`i32`, `u32`, `i64`, `u64`, `f32`, `f64`) travel as they are. What is `ToBytes` or `FromBytes`, such as `&str`,
/// `String`, `Vec<u8>` and `Json<T>`, travels as a block. There may be any number of parameters. A result that cannot be
/// decoded panics, unless the declared type is a `Result` with `Error`. The namespace is `extism:host/user`, or the argument.
#[proc_macro_attribute]
pub fn host_fn(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let namespace = if arguments.is_empty() {
        LitStr::new("extism:host/user", proc_macro2::Span::call_site())
    } else {
        parse_macro_input!(arguments as LitStr)
    };
    let block = parse_macro_input!(item as ItemForeignMod);
    let functions: Result<Tokens, Error> = block.items.iter().map(|item| expand_host_fn(&namespace, item)).collect();
    functions.unwrap_or_else(Error::into_compile_error).into()
}

fn expand_host_fn(namespace: &LitStr, item: &ForeignItem) -> Result<Tokens, Error> {
    let ForeignItem::Fn(ForeignItemFn { attrs, vis, sig, .. }) = item else {
        return Err(Error::new(item.span(), "only functions can be imported from the host"));
    };
    let name = &sig.ident;
    let import = LitStr::new(&name.to_string(), name.span());
    let mut names = Vec::new();
    let mut types = Vec::new();
    for input in &sig.inputs {
        match input {
            FnArg::Typed(typed) if matches!(&*typed.pat, Pat::Ident(_)) => {
                names.push(&typed.pat);
                types.push(&typed.ty);
            }
            other => return Err(Error::new(other.span(), "a parameter is a name and a type")),
        }
    }
    let raws: Vec<_> = (0..names.len()).map(|index| format_ident!("raw_{index}")).collect();
    let result = match &sig.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, result) => quote!(#result),
    };
    Ok(quote! {
        #(#attrs)*
        #vis fn #name(#(#names: #types),*) -> #result {
            use ::tenon_pdk::host::{Lend, Param, Returned};
            #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = #namespace))]
            unsafe extern "C" {
                #[link_name = #import]
                fn import(#(#raws: <#types as Param>::Raw),*) -> <#result as Returned>::Raw;
            }
            // What a parameter holds, a block it may be, lives until the host is done with it.
            #(let #names = Param::lend(#names);)*
            let raw = unsafe { import(#(Lend::raw(&#names)),*) };
            <#result as Returned>::from_raw(raw)
        }
    })
}
