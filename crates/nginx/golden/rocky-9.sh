# packages nginx
pallet_dnf_install 300 -- nginx

# directory /srv/my app
pallet_directory '/srv/my app' '' '' 0755 false

# remoteFile /etc/nginx/conf.d/app.conf
pallet_content 9fb2e461e08b91deed68f188da81e61a7a91d7b5bf9623c628dd7ef83ab1579b 'server {
    listen 80;
    server_name app.example "~^www\\d{1,2}\\.app\\.example$";
    root "/srv/my app";
}
'
pallet_remote_file /etc/nginx/conf.d/app.conf '' '' 0644 5 false ''

# remoteFile /etc/nginx/conf.d/api.v1.conf
pallet_content b381fcb396a75013c803059db6a4019b512cae12724173e9ffef86acd4db166e 'server {
    listen 8080;
    server_name _;
    location / {
        proxy_pass "http://127.0.0.1:3000/$request_uri";
    }
    gzip on;
}
'
pallet_remote_file /etc/nginx/conf.d/api.v1.conf '' '' 0644 5 false ''

# nginx/test configuration
if ! nginx -t -q 2>"$pallet_tmp/said"; then
  cat -- "$pallet_tmp/said" >&2
  first=$(grep -m 1 -F '[emerg]' "$pallet_tmp/said" || head -n 1 "$pallet_tmp/said")
  pallet_fail "nginx refuses its configuration, and was left as it runs: $first"
fi

# service nginx (enable, start)
pallet_service nginx enable start

# service nginx (reload)
# when one of directory:/srv/my app, remoteFile:/etc/nginx/conf.d/app.conf, remoteFile:/etc/nginx/conf.d/api.v1.conf changed
pallet_service nginx reload
