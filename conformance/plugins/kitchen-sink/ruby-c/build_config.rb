# What of mruby goes into the plug-in. It is built here only for what it generates in C; the module is compiled elsewhere.
MRuby::Build.new do |conf|
  conf.toolchain :gcc
  conf.archiver.archive_options = 'rcs "%{outfile}" %{objs}'
  conf.cc.flags = %w[-std=gnu99 -O0 -w]
  # Whole numbers of 64 bits on 32-bit WebAssembly, too.
  conf.cc.defines << "MRB_INT64"
  %w[mruby-error mruby-pack mruby-sprintf mruby-string-ext mruby-array-ext mruby-numeric-ext].each { |gem| conf.gem core: gem }
end
